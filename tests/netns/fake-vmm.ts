// A VMM without a machine in it: opens a TAP as Firecracker does (VNET_HDR, 12-byte header, offloads) and hands the
// frames to a real Linux stack behind a TAP named eth0 in another namespace. One thread, blocking, made to be killed.
// node fake-vmm.ts TAP GUEST_NAMESPACE_PATH
import { closeSync, openSync, writeSync } from "node:fs";
import { check, POLLIN, sys } from "../../packages/host/src/linux/libc.ts";
import { attachTap } from "../../packages/host/src/linux/tun.ts";

const CLONE_NEWNET = 0x40000000; // linux/sched.h
const POLL_MS = 1000;
const FRAME_BYTES = 65_536 + 64;

function openInside(namespacePath: string): number {
  const [home, guest] = [openSync("/proc/thread-self/ns/net", "r"), openSync(namespacePath, "r")];
  check(sys.setns(guest, CLONE_NEWNET), "setns", namespacePath);
  const fd = attachTap("eth0");
  check(sys.setns(home, CLONE_NEWNET), "setns", "home");
  closeSync(home);
  closeSync(guest);
  return fd;
}

function pump(one: number, other: number): never {
  const frame = Buffer.alloc(FRAME_BYTES);
  const pollfds = Buffer.alloc(16); // two struct pollfd { int fd; short events; short revents; }
  [one, other].forEach((fd, index) => {
    pollfds.writeInt32LE(fd, index * 8);
    pollfds.writeInt16LE(POLLIN, index * 8 + 4);
  });
  for (;;) {
    check(sys.poll(pollfds, 2, POLL_MS), "poll");
    if (pollfds.readInt16LE(6)) copy(one, other, frame);
    if (pollfds.readInt16LE(14)) copy(other, one, frame);
  }
}

function copy(from: number, to: number, frame: Buffer): void {
  const length = check(sys.read(from, frame, frame.length), "read");
  // A link that is down refuses frames (EIO); a real machine's packets are lost then, too.
  sys.write(to, frame, length);
}

const [tap = "", namespacePath = ""] = process.argv.slice(2);
const guest = openInside(namespacePath);
const host = attachTap(tap);
writeSync(1, "ready\n");
pump(host, guest);
