import type { ChildProcess } from "node:child_process";
import type { GuestResult } from "@browservm/contract/guest/calls";
import { SIGNIN_CALLS } from "@browservm/contract/guest/signin";
import { killGroup } from "../child.ts";
import type { SigninOrders } from "./orders.ts";

/** Beyond the worker's own patience with files that change; emulated machines are slow. */
const CAPTURE_MS = 60_000;
const ANSWER_CHARS = 800_000;

/** Lets a worker read credential files, and takes its one answer, if it is one. */
export async function capture(
  worker: ChildProcess,
  orders: SigninOrders,
  signal: AbortSignal,
): Promise<GuestResult<"signin.capture">> {
  const end = () => killGroup(worker, "SIGKILL");
  const timer = setTimeout(end, CAPTURE_MS);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  try {
    worker.stdin?.on("error", () => {}); // it is told by its answer
    worker.stdin?.write(`${JSON.stringify(orders)}\n`);
    const answer = SIGNIN_CALLS["signin.capture"].result.safeParse(await readJson(worker));
    if (!answer.success) throw new Error("the files could not be read");
    return answer.data;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    end();
  }
}

/** Undefined: it is not JSON, or too much. */
async function readJson({ stdout }: ChildProcess): Promise<unknown> {
  let text = "";
  stdout?.setEncoding("utf8");
  for await (const part of stdout ?? []) {
    text += part;
    if (text.length > ANSWER_CHARS) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
