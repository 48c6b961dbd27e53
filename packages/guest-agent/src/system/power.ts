import { readFile } from "node:fs/promises";
import type { AgentLog } from "../agent-log.ts";
import { runOrThrow } from "../child.ts";

/** A word of the kernel command line from VMMs without a power button: a guest ends their VM by rebooting. */
const ENDS_BY_REBOOT = "browservm.poweroff=reboot";

/** Asks the init system to end this VM. Settles when it is asked; the answer reaches the host before the end. */
export async function endVm(mode: "poweroff" | "reboot", log: AgentLog): Promise<void> {
  log.info(`the host asks for ${mode}`);
  const verb = howToEnd(mode, await readFile("/proc/cmdline", "utf8"));
  await runOrThrow("systemctl", ["--no-block", verb], { timeoutMs: 20_000 });
}

/** What the init system is to be asked for, under a VMM that started the kernel with this command line. */
export const howToEnd = (mode: "poweroff" | "reboot", commandLine: string): "poweroff" | "reboot" =>
  commandLine.split(/\s+/).includes(ENDS_BY_REBOOT) ? "reboot" : mode;
