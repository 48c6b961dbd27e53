import { once } from "node:events";
import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { Worker } from "node:worker_threads";
import type { GuestOrders } from "./guest-worker.ts";
import type { FakeOrders } from "./plan.ts";

// The fake VMM's process: `node fake-vmm.ts ORDERS`. It lives until it is told to end, or as planned. With a stack this
// thread is the VMM, and loads next to nothing, for there may be many; what it reads, our own driver has written.
const orders: FakeOrders = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const { plan } = orders;

if (plan.boot === "exit") {
  process.stderr.write("fake-vmm: ended as planned\n");
  process.exit(1);
}
process.on("SIGTERM", () => {
  if (plan.stubborn === "no") process.exit(0);
});
if (plan.net === "stack") await carryFrames();
else await liveWithoutNetwork();

async function liveWithoutNetwork(): Promise<void> {
  const [{ liveAsPlanned }, { plannedNetwork }] = await Promise.all([
    import("./guest-machine.ts"),
    import("./guest-network.ts"),
  ]);
  liveAsPlanned(orders, plannedNetwork(orders, orders.memory?.network));
}

/** The guest is another thread, in a namespace of its own; this one stays in hostd's, with the VM's TAP. */
async function carryFrames(): Promise<void> {
  const { FramePump } = await import("./frame-pump.ts");
  const guest = new Worker(new URL("./guest-worker.ts", import.meta.url), { workerData: orders });
  guest.on("error", (error) => {
    process.stderr.write(`fake-vmm: the guest: ${error.stack}\n`);
    process.exit(1);
  });
  guest.on("exit", (status) => process.exit(status));
  const [eth0] = await once(guest, "message");
  const pump = new FramePump(orders.address.tap, eth0);
  pump.take(plan.tap);
  guest.on("message", ({ tap, guestLives, largestFrameBytes }: GuestOrders) => {
    pump.take(tap);
    pump.guestLives = guestLives;
    pump.largestFrameBytes = largestFrameBytes;
  });
  guest.postMessage("attached");
  flushCompileCache();
  await pump.run();
}
