import { BrowserVmError } from "@browservm/contract/errors"; // alone, for a thread that must be small
import { check, closeFd, errnoName, isSyscallError, SOCK_CLOEXEC, sys } from "./libc.ts";
import {
  decodeMessages,
  encodeMessage,
  type NetlinkMessage,
  NLMSG_HEADER_BYTES,
  parseAttributes,
  readText,
} from "./netlink-message.ts";

const AF_NETLINK = 16; // linux/socket.h
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0; // linux/netlink.h, as all below
export const NETLINK_NETFILTER = 12;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
const SOL_SOCKET = 1; // asm-generic/socket.h
const SO_RCVTIMEO = 20;

// The kernel fills at most 32 KiB of a dump at a time (net/netlink/af_netlink.c, netlink_recvmsg).
const RECEIVE_BYTES = 65_536;
const DEADLINE_SECONDS = 10n;
const DUMP_TRIES = 20;

export interface NetlinkRequest {
  readonly type: number;
  readonly payload: Buffer;
  /** NLM_F_* beyond REQUEST and ACK, e.g. CREATE | EXCL. */
  readonly flags?: number;
  /** What is being done, for the error text. */
  readonly doing: string;
}

/**
 * A synchronous netlink socket (rtnetlink, unless told otherwise) of the current namespace. The kernel answers within the send, so a request costs
 * 0.02-0.5 ms of this thread (up to the kernel's own lock, p95 4-12 ms under load); deletions of links cost
 * 15-24 ms each and belong into `LinkReaper`. Failures are NETLINK_REFUSED with the kernel's own words.
 */
export class NetlinkSocket implements Disposable {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(RECEIVE_BYTES);
  #sequence = 0;

  constructor(protocol: typeof NETLINK_ROUTE | typeof NETLINK_NETFILTER = NETLINK_ROUTE) {
    this.#fd = check(sys.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), "socket", "AF_NETLINK");
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) this.#enable(option);
    const timeval = Buffer.alloc(16); // struct timeval { long tv_sec; long tv_usec; }
    timeval.writeBigInt64LE(DEADLINE_SECONDS, 0);
    check(sys.setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, timeval, timeval.length), "setsockopt");
  }

  /** Sends one request and answers the messages that came before its acknowledgement. */
  request(request: NetlinkRequest): NetlinkMessage[] {
    this.#send(request, NLM_F_ACK);
    return this.#receive(request).messages;
  }

  /** The whole table that `request` asks for, repeated until it was read without a change in between. */
  dump(request: NetlinkRequest): NetlinkMessage[] {
    for (let attempt = 1; ; attempt++) {
      this.#send(request, NLM_F_DUMP);
      const { messages, interrupted } = this.#receive(request);
      if (!interrupted || attempt === DUMP_TRIES) return messages;
    }
  }

  [Symbol.dispose](): void {
    closeFd(this.#fd);
  }

  #enable(option: number): void {
    const one = Buffer.from([1, 0, 0, 0]);
    // Kernels older than an option refuse it; answers are then only less precise.
    sys.setsockopt(this.#fd, SOL_NETLINK, option, one, one.length);
  }

  #send(request: NetlinkRequest, extraFlags: number): void {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const bytes = encodeMessage({
      type: request.type,
      flags: NLM_F_REQUEST | extraFlags | (request.flags ?? 0),
      sequence: this.#sequence,
      payload: request.payload,
    });
    const kernel = Buffer.alloc(12); // struct sockaddr_nl { family, pad, pid = 0: the kernel, groups }
    kernel.writeUInt16LE(AF_NETLINK, 0);
    check(sys.sendto(this.#fd, bytes, bytes.length, 0, kernel, kernel.length), "sendto", request.doing);
  }

  #receive(request: NetlinkRequest): { messages: NetlinkMessage[]; interrupted: boolean } {
    const messages: NetlinkMessage[] = [];
    let interrupted = false;
    for (;;) {
      for (const message of this.#receiveOnce(request.doing)) {
        if (message.sequence !== this.#sequence) continue; // the late answer to a request that we gave up
        interrupted ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
        if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
          throwIfRefused(message, request.doing);
          return { messages, interrupted };
        }
        messages.push({ ...message, payload: Buffer.from(message.payload) });
      }
    }
  }

  #receiveOnce(doing: string): NetlinkMessage[] {
    try {
      const length = check(sys.recv(this.#fd, this.#buffer, this.#buffer.length, 0), "recv", doing);
      return decodeMessages(this.#buffer.subarray(0, length));
    } catch (error) {
      if (!isSyscallError(error, "EAGAIN")) throw error;
      throw new BrowserVmError("DEADLINE_EXCEEDED", `${doing}: the kernel did not answer`, { doing });
    }
  }
}

/** NLMSG_ERROR and NLMSG_DONE both begin with the negative errno; 0 is success. */
function throwIfRefused({ type, flags, payload }: NetlinkMessage, doing: string): void {
  const errno = payload.length >= 4 ? -payload.readInt32LE(0) : 0;
  if (errno <= 0) return;
  const kernel = kernelWords(type, flags, payload);
  const name = errnoName(errno);
  throw new BrowserVmError("NETLINK_REFUSED", `${doing}: ${name}${kernel ? ` (${kernel})` : ""}`, {
    doing,
    errno: name,
    kernel,
  });
}

function kernelWords(type: number, flags: number, payload: Buffer): string {
  if ((flags & NLM_F_ACK_TLVS) === 0) return "";
  // struct nlmsgerr { int error; struct nlmsghdr msg; } then the echoed request unless capped, then attributes.
  const echoed = type === NLMSG_ERROR ? payload.readUInt32LE(4) : 0;
  const capped = (flags & NLM_F_CAPPED) !== 0;
  const start = type === NLMSG_DONE ? 4 : 4 + (capped ? NLMSG_HEADER_BYTES : (echoed + 3) & ~3);
  return readText(parseAttributes(payload.subarray(start)), NLMSGERR_ATTR_MSG) ?? "";
}

/** Whether the kernel refused with this errno, e.g. "EEXIST". */
export function isRefusedWith(error: unknown, errno: string): boolean {
  return error instanceof BrowserVmError && error.code === "NETLINK_REFUSED" && error.details.errno === errno;
}
