import type { AgentLog } from "../agent-log.ts";
import { runOrThrow } from "../child.ts";

/** Asks the init system to end this VM. Settles when it is asked; the answer reaches the host before the end. */
export async function endVm(mode: "poweroff" | "reboot", log: AgentLog): Promise<void> {
  log.info(`the host asks for ${mode}`);
  await runOrThrow("systemctl", ["--no-block", mode], { timeoutMs: 20_000 });
}
