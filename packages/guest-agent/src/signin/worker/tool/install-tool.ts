import { spawn } from "node:child_process";
import { SigninError } from "../../orders.ts";
import { mustExist, type Program } from "./start-under-terminal.ts";

/** Runs an install command to its end; nobody sees what it says. SIGNIN_TOOL_MISSING, SIGNIN_TOOL_INSTALL_FAILED. */
export async function installTool(
  program: Program,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  mustExist(program);
  const { command, env, cwd } = program;
  const [file = "", ...args] = command;
  const options = { cwd, env, stdio: "ignore", timeout: timeoutMs, killSignal: "SIGKILL", signal } as const;
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  spawn(file, args, options).once("error", reject).once("exit", resolve);
  const code = await promise;
  if (code !== 0)
    throw new SigninError(
      "SIGNIN_TOOL_INSTALL_FAILED",
      code === null
        ? "the install command did not end in time"
        : `the install command ended with status ${code}`,
    );
}
