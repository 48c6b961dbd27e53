import { parseAttributes, readText } from "./netlink-message.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";

const RTM_GETQDISC = 38; // linux/rtnetlink.h
const TCA_KIND = 1;
const TCMSG_BYTES = 20; // sizeof(struct tcmsg)
const TC_H_ROOT = 0xffff_ffff; // linux/pkt_sched.h
const TC_H_INGRESS = 0xffff_fff1;

/** One queueing discipline of a link, as far as it says whether something filters or delays there. */
export interface QdiscFacts {
  readonly ifindex: number;
  /** "fq_codel", "noqueue", "clsact", "ingress", "netem", … */
  readonly kind: string;
  readonly at: "root" | "ingress" | "child";
}

/** The queueing disciplines of all links of the current namespace, in one dump. */
export function listQdiscs(netlink: NetlinkSocket): QdiscFacts[] {
  const payload = Buffer.alloc(TCMSG_BYTES);
  return netlink
    .dump({ type: RTM_GETQDISC, payload, doing: "list queueing disciplines" })
    .map(({ payload: answer }) => decodeQdisc(answer));
}

export function decodeQdisc(payload: Buffer): QdiscFacts {
  const parent = payload.readUInt32LE(12);
  return {
    ifindex: payload.readInt32LE(4),
    kind: readText(parseAttributes(payload.subarray(TCMSG_BYTES)), TCA_KIND) ?? "",
    at: parent === TC_H_ROOT ? "root" : parent === TC_H_INGRESS ? "ingress" : "child",
  };
}
