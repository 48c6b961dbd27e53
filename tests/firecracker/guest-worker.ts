import { parentPort, workerData } from "node:worker_threads";
import { liveAsPlanned } from "../../packages/host/src/vmm/fake/guest-machine.ts";
import type { GuestMemory } from "../../packages/host/src/vmm/fake/guest-memory.ts";
import { plannedNetwork } from "../../packages/host/src/vmm/fake/guest-network.ts";
import { FakeOrders } from "../../packages/host/src/vmm/fake/plan.ts";
import { GATE } from "./gate.ts";

/** What the guest's thread tells the VMM's. */
export type FromGuest = { readonly line: string } | { readonly memory: GuestMemory };

// A guest in a thread of its own, so that it can be stopped between two of its deeds while its VMM goes on.
if (!parentPort) throw new Error("this is a worker's program");
const vmm = parentPort;
const tell = (news: FromGuest) => vmm.postMessage(news);
const gate: Int32Array<SharedArrayBuffer> = workerData.gate;
const orders = FakeOrders.parse(workerData.orders);
const network = plannedNetwork(orders, orders.memory?.network);
const remember = liveAsPlanned(orders, network, (line) => tell({ line }));
vmm.on("message", () => {
  tell({ memory: remember() });
  Atomics.wait(gate, 0, GATE.closed);
});
