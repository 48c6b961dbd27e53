import { AGENT_PORT, SSH_PORT } from "@browservm/contract";
import type { ArpSocket } from "../../linux/arp-probe.ts";
import { type Echo, sendEcho } from "../../linux/icmp-echo.ts";
import { isSyscallError } from "../../linux/libc.ts";
import { connectTcp, tcpFailureOf } from "../../stream/tcp.ts";
import { askNonce } from "./ask-nonce.ts";
import { askTwice } from "./ask-twice.ts";
import type { PathProbe, PingAnswer, TcpAnswer } from "./vm-sight.ts";

/** Longest waits on a machine with KVM, in milliseconds. */
const PING_MS = 1000;
const TCP_MS = 1500;
const SECOND_CLAIMANT_MS = 40;
const PINGS = 3;
const SMALL_BYTES = 56;
/** IPv4 header without options + ICMP echo header, RFC 791 and RFC 792. */
export const PING_OVERHEAD_BYTES = 28;
/** What tunnels, clouds and the least IPv4 link leave: tried when full-size packets do not pass. */
const LADDER_MTUS = [1450, 1400, 1280, 1000, 576];

export interface ProbeTarget {
  readonly ip: string;
  readonly vmId: string;
  /** undefined: the agent was not told one by this hostd. */
  readonly nonce: string | undefined;
  /** On the bridge; undefined when there is none. */
  readonly arp: Pick<ArpSocket, "ask"> | undefined;
  readonly mtu: number;
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** Small packets of every kind from the host to one guest, all at once; larger ones only when small ones pass. */
export async function probeToGuest(target: ProbeTarget): Promise<PathProbe["toGuest"]> {
  const [pings, arp, agent, ssh] = await Promise.all([
    askTwice(
      () => Promise.all(Array.from({ length: PINGS }, () => ping(target, SMALL_BYTES, false))),
      (answers) => answers.some(({ ok }) => ok),
    ),
    askTwice(
      () => claimants(target),
      (macs) => macs.length > 0,
    ),
    askTwice(() => tcpAnswer(target, AGENT_PORT), isCertain),
    askTwice(() => tcpAnswer(target, SSH_PORT), isCertain),
  ]);
  const [nonce, mtu] = await Promise.all([
    agent === "open"
      ? askTwice(
          () => askNonce(target),
          (who) => who !== "none",
        )
      : ("none" as const),
    pings.some(({ ok }) => ok) ? ladder(target) : [],
  ]);
  return { pings, arp, agent, ssh, nonce, mtu };
}

/** Only silence may be the fault of a machine that is slow. */
export const isCertain = (answer: TcpAnswer): boolean => answer !== "timeout";

export async function ping(
  { ip, patience }: Pick<ProbeTarget, "ip" | "patience">,
  payloadBytes: number,
  dontFragment: boolean,
): Promise<PingAnswer> {
  return pingAnswer({ ip, payloadBytes, dontFragment, timeoutMs: PING_MS * patience });
}

async function pingAnswer(echo: Echo): Promise<PingAnswer> {
  const { ok, error } = await sendEcho(echo);
  // Silence is no errno.
  return ok || error === undefined || error === "no reply" ? { ok } : { ok, error };
}

/** MACs that answer who-has on the bridge; none when the bridge is missing or down. */
export async function claimants({
  arp,
  ip,
  patience,
}: Pick<ProbeTarget, "arp" | "ip" | "patience">): Promise<string[]> {
  if (!arp) return [];
  try {
    return await arp.ask({ ip, waitMs: PING_MS * patience, afterFirstMs: SECOND_CLAIMANT_MS });
  } catch (error) {
    if (isSyscallError(error)) return []; // ENETDOWN, ENXIO: nobody can be asked there
    throw error;
  }
}

/** What a connection attempt of ours ends in. */
export async function tcpAnswer(
  { ip, patience, signal }: Pick<ProbeTarget, "ip" | "patience" | "signal">,
  port: number,
): Promise<TcpAnswer> {
  try {
    (await connectTcp({ ip, port, timeoutMs: TCP_MS * patience, signal })).destroy();
    return "open";
  } catch (error) {
    const answer = tcpFailureOf(error);
    if (answer === undefined) throw error;
    return answer;
  }
}

/** Full size; when that does not pass, all smaller sizes at once, to name the one that does. */
async function ladder(target: ProbeTarget): Promise<PathProbe["toGuest"]["mtu"]> {
  const step = async (mtu: number) => {
    const payloadBytes = mtu - PING_OVERHEAD_BYTES;
    return { payloadBytes, answer: await ping(target, payloadBytes, true) };
  };
  const full = await askTwice(
    () => step(target.mtu),
    ({ answer }) => answer.ok,
  );
  if (full.answer.ok) return [full];
  return [full, ...(await Promise.all(LADDER_MTUS.filter((mtu) => mtu < target.mtu).map(step)))];
}
