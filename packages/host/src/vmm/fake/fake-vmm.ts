import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { FakeAgent } from "./fake-agent.ts";
import { serveNonce } from "./nonce-server.ts";
import { FakeOrders } from "./plan.ts";

/** The fake VMM's process: `node fake-vmm.ts ORDERS`. It lives until it is told to end, or as planned. */
const orders = FakeOrders.parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
const { plan } = orders;

const say = (line: string): void => {
  try {
    appendFileSync(orders.console, `${line}\n`);
  } catch {
    // The console is full: a real serial port drops the rest, too.
  }
};

const LAST_WORDS: Partial<Record<typeof plan.boot, string>> = {
  panic: "[    1.900065] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
  "out-of-memory": "[    9.117000] Out of memory: Killed process 421 (chromium) total-vm:34033716kB",
};

/** As a guest with `panic=-1` under `-no-reboot`. */
const PANIC_MS = 100;

function boot(): void {
  if (plan.boot === "never") return;
  say("[    0.000000] Linux version 6.1.0-fake");
  const lastWords = LAST_WORDS[plan.boot];
  if (lastWords) say(lastWords);
  if (plan.boot === "panic") setTimeout(() => process.exit(0), PANIC_MS);
  if (plan.boot !== "ok") return;
  const agent = new FakeAgent(orders, say);
  channel.on("connection", (socket) => agent.serve(socket));
  for (const socket of early.splice(0)) agent.serve(socket);
  if (plan.http) serveNonce(plan.http, () => agent.nonceAnswer());
}

if (plan.boot === "exit") {
  process.stderr.write("fake-vmm: ended as planned\n");
  process.exit(1);
}
const early: import("node:net").Socket[] = [];
const channel = createServer((socket) => {
  socket.on("error", () => {}); // hostd went away; a virtio port does not mind
  if (channel.listenerCount("connection") === 1) early.push(socket);
});
channel.listen(orders.controlSocket);
process.on("SIGTERM", () => {
  if (plan.stubborn === "no") process.exit(0);
});
if (plan.diesAfterMs !== undefined) setTimeout(() => process.exit(7), plan.diesAfterMs);
if (plan.powerOffMs !== undefined) setTimeout(() => process.exit(0), plan.powerOffMs);
if (plan.console === "flood") setInterval(() => say("flood ".repeat(2000)), 1);
setTimeout(boot, plan.bootMs);
