import { parseAttributes } from "./netlink-message.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";

const NFNL_SUBSYS_NFTABLES = 10; // linux/netfilter/nfnetlink.h
const NFT_MSG_GETGEN = 16; // linux/netfilter/nf_tables.h, as all below
export const NFT_MSG_NEWGEN = 15;
const NFTA_GEN_ID = 1;
const NFTA_GEN_PROC_PID = 2;
const NFTA_GEN_PROC_NAME = 3;
const NFGENMSG_BYTES = 4; // sizeof(struct nfgenmsg)

/** The type of an nftables message on a netfilter socket. */
export const nftType = (message: number): number => (NFNL_SUBSYS_NFTABLES << 8) | message;

/** One transaction on the namespace's nftables rules: the number grows by one with each, whoever made it. */
export interface RulesGeneration {
  readonly id: number;
  /** Who made it; absent in the answer to a question. */
  readonly by?: { readonly pid: number; readonly name: string };
}

/** What an NFT_MSG_NEWGEN message says. */
export function decodeGeneration(payload: Buffer): RulesGeneration {
  const attributes = parseAttributes(payload.subarray(NFGENMSG_BYTES));
  const id = attributes.get(NFTA_GEN_ID)?.readUInt32BE(0) ?? 0;
  const pid = attributes.get(NFTA_GEN_PROC_PID)?.readUInt32BE(0);
  const name = attributes.get(NFTA_GEN_PROC_NAME)?.toString("latin1").replaceAll("\0", "");
  return { id, ...(pid === undefined || name === undefined ? {} : { by: { pid, name } }) };
}

/** The number of the last transaction, asked on a netfilter socket: 0.05 ms instead of a listing by nft. */
export function rulesGeneration(netfilter: NetlinkSocket): number {
  const [answer] = netfilter.request({
    type: nftType(NFT_MSG_GETGEN),
    payload: Buffer.alloc(NFGENMSG_BYTES),
    doing: "ask for the generation of nftables",
  });
  return answer ? decodeGeneration(answer.payload).id : 0;
}
