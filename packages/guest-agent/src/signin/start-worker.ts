import type { ChildProcess, StdioOptions } from "node:child_process";
import { GUEST_PATHS } from "@browservm/contract/guest/files";
import { BROWSER_USER, browserUserEnvironment } from "../browser-user.ts";
import { leavePrecedence, notStarted, start } from "../child.ts";
import { confined } from "./end-tree.ts";
import type { SigninOrders } from "./orders.ts";

const COMMAND = [GUEST_PATHS.node, GUEST_PATHS.signinWorker] as const;
/** What it or a tool says on stderr is nobody's to read: it may quote secrets. */
const STDIO = ["pipe", "pipe", "ignore"] as const;

/**
 * Starts a worker as the browser's user: a tool's with the session's settings, and in a process namespace of its own. It
 * settles when it runs.
 */
export async function startSigninWorker(
  act: SigninOrders["act"],
  sessionEnvironment: () => Promise<Record<string, string>>,
): Promise<ChildProcess> {
  const worker =
    act === "tool"
      ? startConfined(browserUserEnvironment(await sessionEnvironment()))
      : startPlainWorker([...STDIO]);
  await new Promise<void>((resolve, reject) => {
    worker.once("spawn", resolve);
    worker.once("error", (error) => reject(notStarted(worker.spawnfile, error)));
  });
  return worker;
}

/** One with nothing of the session's; `words` are said to it. */
export function startPlainWorker(stdio: StdioOptions, ...words: readonly string[]): ChildProcess {
  const [file, ...args] = COMMAND;
  return start(file, [...args, ...words], { stdio, asBrowserUser: { env: browserUserEnvironment({}) } });
}

function startConfined(env: Readonly<Record<string, string>>): ChildProcess {
  const { file, args } = confined(COMMAND, BROWSER_USER);
  const worker = start(file, args, { stdio: [...STDIO], rootEnvironment: env });
  leavePrecedence(worker); // as everything of that user's
  return worker;
}
