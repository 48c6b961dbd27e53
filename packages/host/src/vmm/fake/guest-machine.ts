import { appendFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { AGENT_PORT, SSH_PORT } from "@browservm/contract";
import { readChanges } from "./changes.ts";
import { FakeAgent } from "./fake-agent.ts";
import { serveFreezes } from "./freeze-server.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { GuestNetwork } from "./guest-network.ts";
import { makeNonceServer } from "./nonce-server.ts";
import type { FakeOrders } from "./plan.ts";
import { makeSshBanner } from "./ssh-banner.ts";

const LAST_WORDS: Partial<Record<FakeOrders["plan"]["boot"], string>> = {
  panic: "[    1.900065] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
  "out-of-memory": "[    9.117000] Out of memory: Killed process 421 (chromium) total-vm:34033716kB",
};

/** As a guest with `panic=-1` under `-no-reboot`. */
const PANIC_MS = 100;
const CACHE_AFTER_MS = 1000;
/** A guest that goes on with an address speaks at once, as kernels do, to whom it spoke before. */
const SPEAKS = { everyMs: 50, times: 20 } as const;
/** How soon a change shows. */
export const LOOK_MS = 50;

type Say = (line: string) => void;

/** Lines go to the end of a file. */
const toFile =
  (path: string): Say =>
  (line) => {
    try {
      appendFileSync(path, `${line}\n`);
    } catch {
      // The console is full: a real serial port drops the rest, too.
    }
  };

/**
 * The life of a fake guest as it is planned: its console, its agent behind the control channel, its servers, its end.
 * It boots, or goes on from the orders' memory. Answers what tells its memory.
 */
export function liveAsPlanned(
  orders: FakeOrders,
  network: GuestNetwork,
  say: Say = toFile(orders.console),
): () => GuestMemory {
  const { plan } = orders;
  const early: Socket[] = [];
  const channel = createServer((socket) => {
    socket.on("error", () => {}); // hostd went away; a virtio port does not mind
    if (channel.listenerCount("connection") === 1) early.push(socket);
  });
  const agent = new FakeAgent(orders, network, say);
  const remember = (): GuestMemory => agent.guest.remember();
  const goOn = (): void => {
    channel.on("connection", (socket) => agent.serve(socket));
    for (const socket of early.splice(0)) agent.serve(socket);
    serve(orders, agent);
    if (plan.console === "count") agent.guest.count();
  };
  serveFreezes(orders, remember);
  channel.listen(orders.controlSocket);
  if (plan.diesAfterMs !== undefined) setTimeout(() => process.exit(7), plan.diesAfterMs);
  if (plan.powerOffMs !== undefined) setTimeout(() => process.exit(0), plan.powerOffMs);
  if (plan.console === "flood") setInterval(() => say("flood ".repeat(2000)), 1);
  if (orders.memory) {
    goOn();
    speakAtOnce(remember, network);
  } else setTimeout(() => boot(plan, say, goOn), plan.bootMs);
  // Node would write its compile cache when it exits; a VMM is killed.
  setTimeout(flushCompileCache, CACHE_AFTER_MS);
  return remember;
}

function boot(plan: FakeOrders["plan"], say: Say, goOn: () => void): void {
  if (plan.boot === "never") return;
  say("[    0.000000] Linux version 6.1.0-fake");
  const lastWords = LAST_WORDS[plan.boot];
  if (lastWords) say(lastWords);
  if (plan.boot === "panic") setTimeout(() => process.exit(0), PANIC_MS);
  if (plan.boot === "ok") goOn();
}

function speakAtOnce(remember: () => GuestMemory, network: GuestNetwork): void {
  let left: number = SPEAKS.times;
  const timer = setInterval(() => {
    const { address } = remember().network;
    if (--left < 0) clearInterval(timer);
    else if (address)
      void network.ping({ address: address.gateway, payloadBytes: 0, dontFragment: false, timeoutMs: 1000 });
  }, SPEAKS.everyMs);
}

function serve({ plan, changes }: FakeOrders, agent: FakeAgent): void {
  const hasStack = plan.net === "stack";
  const where = plan.http ?? (hasStack ? `0.0.0.0:${AGENT_PORT}` : undefined);
  const [host = "", port] = (where ?? "").split(":");
  const nonce = makeNonceServer(() => agent.guest.nonceAnswer(), plan.browser === "painted");
  const ssh = makeSshBanner();
  const keep = (): void => {
    const now = readChanges(changes);
    if (where) keepListening(nonce, { host, port: Number(port) }, now.nonce !== "none");
    if (hasStack) keepListening(ssh, { port: SSH_PORT }, now.ssh !== "none");
  };
  keep();
  if (hasStack) setInterval(keep, LOOK_MS);
}

/** A port that nobody listens on is refused by the kernel itself. */
function keepListening(server: Server, where: ListenOptions, wanted: boolean): void {
  if (wanted && !server.listening) server.listen(where);
  if (!wanted && server.listening) server.close();
}
