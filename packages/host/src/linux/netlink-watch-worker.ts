import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { check, closeFd, isSyscallError, POLLIN, SOCK_CLOEXEC, SOCK_NONBLOCK, sys } from "./libc.ts";
import { readNeighbour } from "./neighbours.ts";
import { decodeMessages, type NetlinkMessage } from "./netlink-message.ts";
import { NETLINK_NETFILTER } from "./netlink-socket.ts";
import type { Actor, NetworkNotice, NoticeKind } from "./netlink-watch.ts";
import { decodeGeneration, NFT_MSG_NEWGEN, nftType } from "./rules-generation.ts";

// A thread is born in the network namespace of the thread that starts it, so this is hostd's own.

const AF_NETLINK = 16; // linux/socket.h
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0; // linux/netlink.h
const SOL_SOCKET = 1; // asm-generic/socket.h
const SO_RCVBUFFORCE = 33;
const RECEIVE_BUFFER_BYTES = 1024 * 1024;
const RECEIVE_BYTES = 65_536;
/** How long the thread may stay deaf to being ended. */
const POLL_MS = 200;
/** Rest after each notice: what comes meanwhile is told in one. */
const REST_MS = 10;

// RTNLGRP_LINK, _NEIGH, _IPV4_IFADDR, _IPV4_ROUTE, _IPV4_RULE, _IPV4_NETCONF (linux/rtnetlink.h) as bits.
const ROUTE_GROUPS = [1, 3, 5, 7, 8, 24];
const NFTABLES_GROUPS = [7]; // NFNLGRP_NFTABLES, linux/netfilter/nfnetlink.h

// RTM_*, linux/rtnetlink.h
const KINDS: ReadonlyMap<number, NoticeKind> = new Map([
  [16, "link"],
  [17, "link"],
  [20, "address"],
  [21, "address"],
  [24, "route"],
  [25, "route"],
  [32, "rule"],
  [33, "rule"],
  [80, "setting"],
  [81, "setting"],
]);
const RTM_NEWNEIGH = 28;
const AF_INET = 2;

interface Gathered {
  readonly what: Set<NoticeKind>;
  readonly neighbours: Map<string, string>;
  readonly actors: Map<number, Actor>;
}

function listen(protocol: number, groups: readonly number[]): number {
  const type = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = check(sys.socket(AF_NETLINK, type, protocol), "socket", "AF_NETLINK");
  const size = Buffer.alloc(4);
  size.writeInt32LE(RECEIVE_BUFFER_BYTES);
  // Without the right to a larger buffer the default one must do; what is dropped then is told as "everything".
  sys.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, size.length);
  const address = Buffer.alloc(12); // struct sockaddr_nl { family, pad, pid, groups }
  address.writeUInt16LE(AF_NETLINK, 0);
  address.writeUInt32LE(
    groups.reduce((bits, group) => bits | (1 << (group - 1)), 0),
    8,
  );
  check(sys.bind(fd, address, address.length), "bind", "AF_NETLINK");
  return fd;
}

const buffer = Buffer.alloc(RECEIVE_BYTES);

/** Takes all that waits. False when the kernel had to drop some of it (ENOBUFS). */
function drain(fd: number, take: (message: NetlinkMessage) => void): boolean {
  for (;;) {
    try {
      const length = check(sys.recv(fd, buffer, buffer.length, 0), "recv");
      decodeMessages(buffer.subarray(0, length)).forEach(take);
    } catch (error) {
      if (isSyscallError(error, "EAGAIN")) return true;
      if (isSyscallError(error, "ENOBUFS")) return false;
      if (!isSyscallError(error, "EINTR")) throw error;
    }
  }
}

function takeRoute({ type, payload }: NetlinkMessage, { what, neighbours }: Gathered): void {
  const kind = KINDS.get(type);
  if (kind) what.add(kind);
  if (type !== RTM_NEWNEIGH || payload.readUInt8(0) !== AF_INET) return;
  const { ip, mac } = readNeighbour(payload);
  if (mac !== undefined) neighbours.set(ip, mac);
}

function takeRules({ type, payload }: NetlinkMessage, { what, actors }: Gathered): void {
  if (type !== nftType(NFT_MSG_NEWGEN)) return;
  what.add("nftables");
  const { by } = decodeGeneration(payload);
  if (by) actors.set(by.pid, withParent(by));
}

/** Asked at once: such programs live for milliseconds. */
function withParent(by: { readonly pid: number; readonly name: string }): Actor {
  try {
    const status = readFileSync(`/proc/${by.pid}/status`, "utf8");
    const pid = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
    return { ...by, parent: { pid, name: readFileSync(`/proc/${pid}/comm`, "utf8").trim() } };
  } catch {
    return by; // it has ended
  }
}

function tell(at: number, { what, neighbours, actors }: Gathered): void {
  const notice: NetworkNotice = {
    what: [...what],
    neighbours: [...neighbours].map(([ip, mac]) => ({ ip, mac })),
    actors: [...actors.values()],
    at,
  };
  parentPort?.postMessage(notice);
}

function watch(end: Int32Array): void {
  const fds = [listen(NETLINK_ROUTE, ROUTE_GROUPS), listen(NETLINK_NETFILTER, NFTABLES_GROUPS)] as const;
  const pollfds = Buffer.alloc(16); // two struct pollfd { int fd; short events; short revents; }
  fds.forEach((fd, index) => {
    pollfds.writeInt32LE(fd, index * 8);
    pollfds.writeInt16LE(POLLIN, index * 8 + 4);
  });
  tell(Date.now(), { what: new Set(), neighbours: new Map(), actors: new Map() });
  while (Atomics.load(end, 0) === 0) {
    if (sys.poll(pollfds, 2, POLL_MS) <= 0) continue; // nothing yet, or a signal
    const at = Date.now();
    const gathered: Gathered = { what: new Set(), neighbours: new Map(), actors: new Map() };
    const whole = [
      drain(fds[0], (message) => takeRoute(message, gathered)),
      drain(fds[1], (message) => takeRules(message, gathered)),
    ];
    if (whole.includes(false)) gathered.what.add("everything");
    if (gathered.what.size + gathered.neighbours.size > 0) tell(at, gathered);
    Atomics.wait(end, 0, 0, REST_MS);
  }
  for (const fd of fds) closeFd(fd);
}

watch(workerData as Int32Array);
