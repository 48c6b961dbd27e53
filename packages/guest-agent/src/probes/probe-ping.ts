import type { GuestParams, GuestResult } from "@browservm/contract/guest/calls";
import { run } from "../child.ts";

type Ping = GuestParams<"probe.ping">;
type Answer = GuestResult<"probe.ping">;

/** One ICMP echo by iputils' ping(8), whose status tells: 0 answered, 1 silent, 2 another fault. */
export async function probePing({ address, payloadBytes, dontFragment, timeoutMs }: Ping): Promise<Answer> {
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
  const args = ["-n", "-c", "1", "-W", String(seconds), "-s", String(payloadBytes)];
  if (dontFragment) args.push("-M", "do");
  const { code, stdout, stderr } = await run("ping", [...args, address], { timeoutMs: timeoutMs + 10_000 });
  return readPing(code, stdout, stderr);
}

export function readPing(code: number | null, stdout: string, stderr: string): Answer {
  const ms = /time[=<]([\d.]+)\s*ms/.exec(stdout)?.[1];
  if (code === 0) return { ok: true, ...(ms ? { ms: Number(ms) } : {}) };
  // ping names an ICMP error ("Destination Host Unreachable") on stdout, its own ("message too long") on stderr.
  const icmp = /icmp_seq=\d+ (.+)$/m.exec(stdout)?.[1];
  return { ok: false, error: (icmp ?? (stderr.trim() || "no answer in time")).slice(0, 512) };
}
