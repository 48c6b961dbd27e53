import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError } from "@browservm/contract";
import { stateFileOf } from "./frozen-facts.ts";
import { type LentFile, lendFile } from "./lend-file.ts";
import type { GuestMemory } from "./memory.ts";
import type { QmpClient } from "./qmp-client.ts";
import { Nothing, QueryStatus } from "./qmp-message.ts";
import type { QemuVersion } from "./version.ts";

const POLL_MS = 3;

export interface LoadOptions {
  readonly version: QemuVersion;
  readonly directory: string;
  readonly memory: GuestMemory;
  readonly signal: AbortSignal;
}

/** Has a QEMU that waits for it (`-incoming defer`) load a state and go on from there. */
export async function loadState(qmp: QmpClient, options: LoadOptions): Promise<void> {
  // Memory that has a file of its own is not in the state.
  const capabilities = [{ capability: "x-ignore-shared", state: options.memory.kind === "private-view" }];
  await qmp.execute("migrate-set-capabilities", { capabilities }, Nothing);
  // Nobody on the network is to hear of a guest that does not know yet who it is.
  await qmp.execute("migrate-set-parameters", { "announce-rounds": 0 }, Nothing);
  await load(qmp, options);
  await qmp.execute("cont", {}, Nothing);
  const { status } = await qmp.execute("query-status", {}, QueryStatus);
  if (status !== "running")
    throw new BrowserVmError("VMM_PROTOCOL", `the restored guest does not run: it is ${status}`, { status });
}

async function load(qmp: QmpClient, { directory, version, signal }: LoadOptions): Promise<void> {
  await using file = await open(stateFileOf(directory), "r");
  await using lent = await lendFile(qmp, version, file.fd);
  await incoming(qmp, lent, signal);
}

/** `cont` before it has loaded all would leave it paused for good: waited for is the end of `inmigrate`. */
async function incoming(qmp: QmpClient, { uri }: LentFile, signal: AbortSignal): Promise<void> {
  await qmp.execute("migrate-incoming", { uri }, Nothing);
  for (;;) {
    const { status } = await qmp.execute("query-status", {}, QueryStatus);
    if (status !== "inmigrate") return;
    await sleep(POLL_MS, undefined, { signal });
  }
}
