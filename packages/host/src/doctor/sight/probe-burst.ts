import type { Guest } from "../../guest/guest.ts";
import { findLink } from "../../linux/links.ts";
import type { NetlinkSocket } from "../../linux/netlink-socket.ts";
import { packetDelta } from "./counters.ts";
import { claimants, type ProbeTarget, ping } from "./probe-to-guest.ts";
import type { Burst } from "./vm-sight.ts";

/** Enough to stand out from what else goes by. */
const PACKETS = 10;
/** Waiting for answers in vain is no use here: what counts are the counters. */
const BURST_PATIENCE = 0.3;
const ASK_MS = 2000;
const SMALL_BYTES = 56;

export interface BurstTools {
  readonly netlink: NetlinkSocket;
  readonly bridge: string;
  readonly tap: string;
  /** Absent when it does not answer on its control channel. */
  readonly guest?: Pick<Guest, "call">;
}

/** Many packets of one kind to a guest that answers no ping, with the counters of all that they must pass. */
export async function probeBurst(
  target: ProbeTarget,
  kind: Burst["kind"],
  tools: BurstTools,
): Promise<Burst> {
  const { netlink, bridge, tap } = tools;
  const links = () => [findLink(netlink, bridge), findLink(netlink, tap)] as const;
  const receivedBefore = await echoesReceived(target, tools);
  const [bridgeBefore, tapBefore] = links();
  const hurried = { ...target, patience: BURST_PATIENCE };
  const send = async () => {
    await (kind === "echo" ? ping(hurried, SMALL_BYTES, false) : claimants(hurried));
  };
  await Promise.all(Array.from({ length: PACKETS }, send));
  const [bridgeAfter, tapAfter] = links();
  const receivedAfter = await echoesReceived(target, tools);
  const isKnown = kind === "echo" && receivedBefore !== undefined && receivedAfter !== undefined;
  return {
    kind,
    sent: PACKETS,
    bridge: packetDelta(bridgeBefore, bridgeAfter),
    tap: packetDelta(tapBefore, tapAfter),
    ...(isKnown ? { guestReceived: receivedAfter - receivedBefore } : {}),
  };
}

/** undefined: the guest is silent, or an agent that does not count. */
async function echoesReceived(
  { patience, signal }: ProbeTarget,
  { guest }: BurstTools,
): Promise<number | undefined> {
  const health = await guest
    ?.call("health.get", {}, { timeoutMs: ASK_MS * patience, signal })
    .catch(() => undefined); // the probe goes on without it
  return health?.counters["Icmp.InEchos"];
}
