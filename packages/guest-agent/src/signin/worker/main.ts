import { createInterface } from "node:readline";
import type { SigninFrame } from "@browservm/contract/guest/signin";
import { type Captured, SigninError, type SigninOrders, type TypeOrder, WAITING } from "../orders.ts";

// The program that does one job of a sign-in: started by the agent as the browser's user, so that the kernel itself
// refuses what that user may not. What it says is lines of JSON; what a tool says is said to nobody.
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
if (process.argv[2] === WAITING) {
  await import("./callback/listen-for-callback.ts");
  await say({ type: WAITING });
}
const first = await lines.next();
if (first.done) process.exit(1);
const orders = JSON.parse(first.value) as SigninOrders;
const ended = new AbortController();
let onTyped: ((text: string) => void) | undefined;
void listenToOwner();

if (orders.act === "capture") await say(await capture(orders));
else await work(orders);
process.exit(0);

/** The agent's end is ours. */
async function listenToOwner(): Promise<void> {
  for await (const line of { [Symbol.asyncIterator]: () => lines })
    onTyped?.((JSON.parse(line) as TypeOrder).type);
  ended.abort();
  process.exit(1);
}

async function work(job: Exclude<SigninOrders, { act: "capture" }>): Promise<void> {
  try {
    if (job.act === "callback") await listen(job);
    else await runTool(job);
    await say({ type: "done" });
  } catch (error) {
    await say({ type: "failed", ...told(error) });
  }
}

async function listen({ job }: Extract<SigninOrders, { act: "callback" }>): Promise<void> {
  const { listenForCallback } = await import("./callback/listen-for-callback.ts");
  await listenForCallback(job, (frame) => void say(frame));
}

async function runTool({ job, home, shims }: Extract<SigninOrders, { act: "tool" }>): Promise<void> {
  const { ToolRun } = await import("./tool/tool-run.ts");
  const run = new ToolRun({ job, home, shims, say: (frame) => void say(frame) });
  onTyped = (text) => run.type(text);
  await run.untilOver(ended.signal);
}

async function capture({ home, files }: Extract<SigninOrders, { act: "capture" }>): Promise<Captured> {
  const { captureFiles } = await import("./files/capture-files.ts");
  try {
    return { files: await captureFiles(home, files) };
  } catch (error) {
    const path = error instanceof SigninError ? error.path : undefined;
    return { refused: { ...told(error), ...(path === undefined ? {} : { path }) } };
  }
}

/** What is no fault of ours by name may quote what it must not. */
function told(error: unknown) {
  if (error instanceof SigninError) return { code: error.code, message: error.message.slice(0, 300) };
  const name = (error as NodeJS.ErrnoException).code ?? (error as Error).name;
  return { code: "SIGNIN_JOB_BROKEN" as const, message: `the job failed: ${name}`.slice(0, 300) };
}

function say(line: SigninFrame | Captured | { readonly type: typeof WAITING }): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(line)}\n`, () => resolve());
  });
}
