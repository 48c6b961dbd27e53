import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import { ALL_OFFLOADS, attachTap, VNET_HEADER_BYTES } from "../../linux/tun.ts";
import { unshareNetwork } from "../../linux/unshare.ts";
import { readChanges } from "./changes.ts";
import { LOOK_MS, liveAsPlanned } from "./guest-machine.ts";
import { bootedMemory } from "./guest-memory.ts";
import { FakeOrders } from "./plan.ts";
import { stackNetwork } from "./stack-network.ts";
import { configureStack } from "./stack-settings.ts";
import type { TapWay } from "./tap-ways.ts";

/** What the VMM's thread is told whenever a test changed something. */
export interface GuestOrders {
  readonly tap: TapWay;
  readonly guestLives: boolean;
  readonly largestFrameBytes: number;
}

// The guest: a thread in a network namespace of its own, with a real stack behind a TAP named eth0. Sockets, netlink
// and children of this thread are the guest's; /proc/PID/task/TID/ns/net is the way in for a test.
if (!parentPort) throw new Error("this is a worker's program");
const vmm = parentPort;
const orders = FakeOrders.parse(workerData);
unshareNetwork();
const eth0 = attachTap("eth0", { headerBytes: VNET_HEADER_BYTES, offloads: ALL_OFFLOADS });
const { network } = orders.memory ?? bootedMemory(orders);
configureStack(network);
const attached = once(vmm, "message");
// A descriptor belongs to the whole process: the VMM's thread carries its frames.
vmm.postMessage(eth0);
await attached;
liveAsPlanned(orders, stackNetwork(network));

let told = "";
setInterval(() => {
  const {
    tap = orders.plan.tap,
    guest,
    largestFrameBytes = Number.MAX_SAFE_INTEGER,
  } = readChanges(orders.changes);
  const now: GuestOrders = { tap, guestLives: guest !== "dead", largestFrameBytes };
  if (JSON.stringify(now) === told) return;
  told = JSON.stringify(now);
  vmm.postMessage(now);
}, LOOK_MS);
