import type { Readable, Writable } from "node:stream";
import type { GuestResult } from "@browservm/contract/guest/calls";
import * as z from "zod";
import { type CdpCall, type CdpEvent, CdpPipe, type CdpPipeOptions } from "./cdp-pipe.ts";

const Target = z.object({ targetId: z.string(), type: z.string(), url: z.string(), title: z.string() });
const TargetEvent = z.object({ targetInfo: Target });
const Targets = z.object({ targetInfos: z.array(Target) });
const Gone = z.object({ targetId: z.string() });
const Attached = z.object({ sessionId: z.string() });
const Version = z.object({ product: z.string() });
const Evaluated = z.object({ result: z.object({ value: z.unknown() }).optional() });
const Navigated = z.object({ errorText: z.string().optional() });

/** Emulated machines are slow: a first paint can take minutes. */
const SLOW_MS = 300_000;
const CALL_MS = 60_000;
/**
 * Seen under emulation: a page that is complete and visible, in a browser that never draws a frame. So many looks at
 * such a page bring it to the front, reload it, and at last give it up (the browser is then started anew).
 */
const STRIKES = { front: 1, reload: 3, out: 5 } as const;
/** One look for a paint. A look can get lost when the document is replaced under it, so none is waited for longer. */
const LOOK_MS = 20_000;

const LOOK_AGAIN = /context was destroyed|navigated|collected|Cannot find|target closed|no answer in time/i;

/** Settles in the page when it is loaded and two animation frames have run after that. */
const TWO_FRAMES = `new Promise((resolve) => {
  const frames = () => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true)));
  if (document.readyState === "complete") frames();
  else addEventListener("load", frames, { once: true });
})`;

/** A way to the browser for those who have pages of their own in it. */
export interface CdpLine {
  call(call: CdpCall): Promise<unknown>;
  /** Hears the events of one session until the answer is called. */
  listen(sessionId: string, onEvent: (event: CdpEvent) => void): () => void;
}

/** What one running browser says of itself over its pipe: its version, its pages, and whether one has painted. */
export class PageWatch {
  readonly #cdp: CdpPipe;
  readonly #say: (line: string) => void;
  readonly #pages = new Map<string, z.infer<typeof Target>>();
  readonly #sessionListeners = new Map<string, (event: CdpEvent) => void>();
  #attached: { readonly targetId: string; readonly sessionId: string } | undefined;
  #firstPage = Promise.withResolvers<void>();
  #navigation = 0;
  version: string | undefined;
  painted = false;

  /** `say` hears what the first minutes bring; they are long where the machine is emulated. */
  constructor(
    pipes: { toBrowser: Writable; fromBrowser: Readable },
    say: (line: string) => void = () => {},
    options: CdpPipeOptions = {},
  ) {
    this.#say = say;
    this.#cdp = new CdpPipe(pipes, (event) => this.#onEvent(event), options);
  }

  /** The page that is watched, or any other. */
  get page(): { readonly url: string; readonly title: string } | undefined {
    const page = this.#attached && this.#pages.get(this.#attached.targetId);
    return page ?? this.#pages.values().next().value;
  }

  /** Settles at the first paint. */
  async start(): Promise<void> {
    const version = await this.#call("Browser.getVersion", {}, SLOW_MS);
    this.version = Version.parse(version).product;
    this.#say(`${this.version} answers on its pipe`);
    await this.#call("Target.setDiscoverTargets", { discover: true }, SLOW_MS);
    await within(this.#firstPage.promise, SLOW_MS, "no page appeared");
    await this.#awaitPaint({ nudges: true });
  }

  /**
   * Goes on where another agent left a browser, and settles when its page has painted. A `navigation` of that number is
   * under way: until its answer comes the page is still the old one.
   */
  async resume(navigation?: number): Promise<void> {
    const known = [
      this.#call("Browser.getVersion", {}, SLOW_MS),
      this.#call("Target.setDiscoverTargets", { discover: true }, SLOW_MS),
      // Asked for a second time, discovery does not tell again what it told before.
      this.#call("Target.getTargets", {}, SLOW_MS),
    ] as const;
    const arrived =
      navigation === undefined
        ? undefined
        : this.#cdp.answerTo(navigation, { method: "Page.navigate", timeoutMs: SLOW_MS });
    arrived?.catch(() => {}); // awaited below, unless one of the questions fails first
    const [version, , targets] = await Promise.all(known);
    this.version = Version.parse(version).product;
    for (const target of Targets.parse(targets).targetInfos) this.#learn(target);
    await arrived;
    await this.#awaitPaint({ nudges: navigation !== undefined });
  }

  /** Opens `url` in the page, and leaves the browser to the agent after us. Answers the number of the navigation. */
  async navigateAndLeave(url: string): Promise<number> {
    this.painted = false;
    const sessionId = await this.#session();
    return this.#cdp.askAndLeave({ method: "Page.navigate", params: { url }, sessionId });
  }

  /** Settles when the page that was navigated to last has painted. */
  awaitPainted(): Promise<void> {
    return this.painted ? Promise.resolve() : this.#awaitPaint({ nudges: false });
  }

  /** Where the page has been before is nobody's to go back to. */
  async forgetHistory(): Promise<void> {
    const sessionId = await this.#session();
    await this.#cdp.call({ method: "Page.resetNavigationHistory", sessionId, timeoutMs: CALL_MS });
  }

  /** For what is done in pages of its own, beside the watched one. */
  get line(): CdpLine {
    return {
      call: (call) => this.#cdp.call(call),
      listen: (sessionId, onEvent) => {
        this.#sessionListeners.set(sessionId, onEvent);
        return () => void this.#sessionListeners.delete(sessionId);
      },
    };
  }

  /** Leaves the browser to the agent after us. */
  leave(): void {
    this.#cdp.leave();
  }

  /** The browser is gone. */
  close(): void {
    this.#cdp.close("the browser has ended");
  }

  /** Answers when the navigation is committed or has failed; painting is told by `painted`. */
  async navigate(url: string): Promise<GuestResult<"browser.navigate">> {
    this.#navigation += 1;
    this.painted = false;
    const sessionId = await this.#session();
    const asked = performance.now();
    const answer = await this.#cdp.call({
      method: "Page.navigate",
      params: { url },
      sessionId,
      timeoutMs: CALL_MS,
    });
    const ms = performance.now() - asked;
    const { errorText } = Navigated.parse(answer);
    void this.#awaitPaint({ nudges: false }).catch(() => {}); // a page that never paints is told by `painted`
    return errorText ? { accepted: false, errorText: errorText.slice(0, 512), ms } : { accepted: true, ms };
  }

  /** `nudges` only a page of our own: what a person has opened is not reloaded under their hands. */
  async #awaitPaint({ nudges }: { readonly nudges: boolean }): Promise<void> {
    const navigation = this.#navigation;
    const end = performance.now() + SLOW_MS;
    let strikes = 0;
    while (performance.now() < end && navigation === this.#navigation) {
      try {
        if (!(await this.#seesFrames()) || navigation !== this.#navigation) continue;
        this.painted = true;
        return;
      } catch (error) {
        // The document was replaced while we waited in it, or the look got lost: look again.
        if (!LOOK_AGAIN.test(String(error))) throw error;
        const state = await this.#tellState(String(error));
        if (nudges && state.includes("complete")) await this.#nudge(++strikes);
      }
    }
    if (navigation === this.#navigation) throw new Error("no page painted");
  }

  async #seesFrames(): Promise<boolean> {
    const params = { expression: TWO_FRAMES, awaitPromise: true, returnByValue: true };
    const sessionId = await this.#session();
    const answer = await this.#cdp.call({
      method: "Runtime.evaluate",
      params,
      sessionId,
      timeoutMs: LOOK_MS,
    });
    return Evaluated.parse(answer).result?.value === true;
  }

  async #nudge(strikes: number): Promise<void> {
    if (strikes >= STRIKES.out) throw new Error("the page is complete, but the browser draws no frames");
    const method = strikes === STRIKES.front ? "Page.bringToFront" : "Page.reload";
    if (strikes !== STRIKES.front && strikes !== STRIKES.reload) return;
    this.#say(`no frames from a complete page: ${method}`);
    const sessionId = await this.#session();
    await this.#cdp.call({ method, sessionId, timeoutMs: LOOK_MS }).catch(() => {}); // the next look tells
  }

  /** Why a page has not painted yet, for the log: a hidden page draws no frames. */
  async #tellState(why: string): Promise<string> {
    const params = {
      expression: "document.readyState + ' ' + document.visibilityState",
      returnByValue: true,
    };
    const sessionId = this.#attached?.sessionId;
    const call = { method: "Runtime.evaluate", params, timeoutMs: LOOK_MS };
    const answer = sessionId ? await this.#cdp.call({ ...call, sessionId }).catch(String) : "no page";
    const state = String(Evaluated.safeParse(answer).data?.result?.value ?? answer);
    this.#say(`not painted yet (${why}): ${state} at ${withoutSecrets(this.page?.url)}`);
    return state;
  }

  async #session(): Promise<string> {
    if (this.#attached) return this.#attached.sessionId;
    const targetId = this.#pages.keys().next().value;
    if (targetId === undefined) throw new Error("the browser has no page open");
    const answer = await this.#call("Target.attachToTarget", { targetId, flatten: true }, CALL_MS);
    this.#attached = { targetId, sessionId: Attached.parse(answer).sessionId };
    return this.#attached.sessionId;
  }

  #call(method: string, params: object, timeoutMs: number): Promise<unknown> {
    return this.#cdp.call({ method, params, timeoutMs });
  }

  #onEvent(event: CdpEvent): void {
    const { method, params, sessionId } = event;
    if (sessionId !== undefined) this.#sessionListeners.get(sessionId)?.(event);
    if (method === "Target.targetCreated" || method === "Target.targetInfoChanged") {
      const targetInfo = TargetEvent.safeParse(params).data?.targetInfo;
      if (targetInfo) this.#learn(targetInfo);
    } else if (method === "Target.targetDestroyed" || method === "Target.targetCrashed") {
      this.#forget(Gone.safeParse(params).data?.targetId);
    }
  }

  #learn(target: z.infer<typeof Target>): void {
    if (target.type !== "page") return;
    this.#pages.set(target.targetId, target);
    this.#firstPage.resolve();
  }

  #forget(targetId: string | undefined): void {
    if (targetId === undefined) return;
    this.#pages.delete(targetId);
    if (this.#attached?.targetId === targetId) this.#attached = undefined;
  }
}

/** What follows the path of an address can be a code or a token, and this goes into a log. */
const withoutSecrets = (url = ""): string => url.replace(/[?#].*$/s, "?…").slice(0, 200);

async function within<T>(promise: Promise<T>, timeoutMs: number, why: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(why)), timeoutMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
