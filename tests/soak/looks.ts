import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { AGENT_PATHS, AGENT_PORT, SSH_PORT, type Vm } from "@browservm/contract";
import { z } from "zod";
import { sendEcho } from "../../packages/host/src/linux/icmp-echo.ts";
import { connectTcp } from "../../packages/host/src/stream/tcp.ts";
import type { Ledger } from "./ledger.ts";

const EVERY_MS = 5000;
/** Emulated guests on a busy machine think long; what comes later is lost. */
const PATIENCE_MS = 20_000;
const Nonce = z.object({ vmId: z.string(), bootId: z.string() });

/** Looks at the VM from the machine every few seconds until the signal: none of them needs hostd or the controller. */
export async function lookUntil(ends: AbortSignal, vm: Vm, ledger: Ledger): Promise<void> {
  const ip = vm.address?.ip ?? "";
  while (!ends.aborted) {
    await ledger.look("ping host → guest", () => ping(ip));
    await ledger.look("SSH banner", () => banner(ip));
    await ledger.look("TCP :8080", () => knock(ip));
    await ledger.look("HTTP host → guest, the same boot", () => sameBoot(ip, vm));
    await sleep(EVERY_MS, undefined, { signal: ends }).catch(() => {}); // the loop sees the end
  }
}

async function ping(ip: string): Promise<void> {
  const { ok, error } = await sendEcho({ ip, payloadBytes: 56, dontFragment: false, timeoutMs: PATIENCE_MS });
  if (!ok) throw new Error(error);
}

async function banner(ip: string): Promise<void> {
  const socket = await connectTcp({ ip, port: SSH_PORT, timeoutMs: PATIENCE_MS });
  try {
    const [line] = await once(socket, "data", { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!String(line).startsWith("SSH-2.0")) throw new Error(`port 22 said ${String(line).slice(0, 40)}`);
  } finally {
    socket.destroy();
  }
}

async function knock(ip: string): Promise<void> {
  (await connectTcp({ ip, port: AGENT_PORT, timeoutMs: PATIENCE_MS })).destroy();
}

async function sameBoot(ip: string, vm: Vm): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const reply = await fetch(`http://${ip}:${AGENT_PORT}${AGENT_PATHS.nonce}`, { signal });
  const { vmId, bootId } = Nonce.parse(await reply.json());
  if (vmId !== vm.id || bootId !== vm.bootId)
    throw new Error(`another machine answers: ${vmId}, boot ${bootId}`);
}
