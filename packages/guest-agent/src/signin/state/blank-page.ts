import * as z from "zod";
import type { CdpLine } from "../../browser/page-watch.ts";

const Created = z.object({ targetId: z.string() });
const Attached = z.object({ sessionId: z.string() });
const Paused = z.object({ requestId: z.string() });
const Navigated = z.object({ errorText: z.string().optional() });
const Evaluated = z.object({
  result: z.object({ value: z.unknown().optional() }),
  exceptionDetails: z.unknown().optional(),
});

const CALL_MS = 30_000;
const EMPTY = Buffer.from("<!doctype html>").toString("base64");

/**
 * A page of ours that nobody sees: whatever it opens is answered by us with nothing, so it comes to an origin's storage
 * without asking the origin, and no script but ours runs in it.
 */
export class BlankPage implements AsyncDisposable {
  readonly #line: CdpLine;
  readonly #targetId: string;
  readonly #sessionId: string;
  readonly #deafen: () => void;

  private constructor(line: CdpLine, targetId: string, sessionId: string) {
    this.#line = line;
    this.#targetId = targetId;
    this.#sessionId = sessionId;
    this.#deafen = line.listen(sessionId, ({ method, params }) => {
      if (method === "Fetch.requestPaused") this.#answer(params);
    });
  }

  static async open(line: CdpLine): Promise<BlankPage> {
    const call = (method: string, params: object) => line.call({ method, params, timeoutMs: CALL_MS });
    const made = await call("Target.createTarget", { url: "about:blank", hidden: true });
    const { targetId } = Created.parse(made);
    const attached = await call("Target.attachToTarget", { targetId, flatten: true });
    const page = new BlankPage(line, targetId, Attached.parse(attached).sessionId);
    await page.#call("Network.enable", {});
    await page.#call("Network.setBypassServiceWorker", { bypass: true });
    await page.#call("Fetch.enable", { patterns: [{ urlPattern: "*" }] });
    return page;
  }

  /** Goes to an origin without leaving this machine. */
  async visit(origin: string): Promise<void> {
    const { errorText } = Navigated.parse(await this.#call("Page.navigate", { url: `${origin}/` }));
    // A browser that knows an http origin for https only comes to another one.
    if (errorText || (await this.run("() => location.origin", {})) !== origin)
      throw new Error(`the browser does not open ${origin}`);
  }

  /** What a script of ours, a function as text, makes of one argument. */
  async run(script: string, argument: unknown): Promise<unknown> {
    const expression = `(${script})(${JSON.stringify(argument)})`;
    const answer = await this.#call("Runtime.evaluate", { expression, returnByValue: true });
    const { result, exceptionDetails } = Evaluated.parse(answer);
    // Its words may quote what is stored.
    if (exceptionDetails !== undefined) throw new Error("the browser refuses the storage of an origin");
    return result.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#deafen();
    const close = { method: "Target.closeTarget", params: { targetId: this.#targetId }, timeoutMs: CALL_MS };
    await this.#line.call(close).catch(() => {}); // the browser is gone, and the page with it
  }

  #answer(params: unknown): void {
    const { requestId } = Paused.parse(params);
    const responseHeaders = [{ name: "content-type", value: "text/html" }];
    const answer = { requestId, responseCode: 200, responseHeaders, body: EMPTY };
    this.#call("Fetch.fulfillRequest", answer).catch(() => {}); // told by the navigation
  }

  #call(method: string, params: object): Promise<unknown> {
    return this.#line.call({ method, params, sessionId: this.#sessionId, timeoutMs: CALL_MS });
  }
}
