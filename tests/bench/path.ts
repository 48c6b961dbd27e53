import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Config, makeId, type VmAddress, VmId } from "@browservm/contract";
import { pino } from "pino";
import { planAddresses } from "../../packages/host/src/net/address-plan.ts";
import { slotUid } from "../../packages/host/src/net/names.ts";
import { openHostNetwork } from "../../packages/host/src/net/open.ts";
import { slotMigrations } from "../../packages/host/src/net/slots.ts";
import { openDatabase } from "../../packages/host/src/store/database.ts";
import { must } from "../netns/fake-guest.ts";
import { atLeast, atMost, type Benchmark, type Measured } from "./benchmark.ts";
import { MeasuredPath } from "./measured-path.ts";
import { summarize, summarizeRatio } from "./statistics.ts";

const ROUNDS = 40;
const SEND_MS = 400;
const ECHOES = 300;
const BARE = "bench-bare";
const BARE_SLOT = 99;

export const path: Benchmark = {
  name: "path",
  title: "TCP between host and guest: through our bridge and rules, and over a bare TAP",
  async run({ note }) {
    await using ours = await ourPath();
    await using bare = await barePath();
    const times = { ours: emptyTimes(), bare: emptyTimes() };
    for (let round = 0; round < ROUNDS; round++) {
      if (round % 10 === 0) note(`round ${round + 1} of ${ROUNDS}`);
      const both = [
        [ours.path, times.ours],
        [bare.path, times.bare],
      ] as const;
      for (const [one, into] of round % 2 === 0 ? both : both.toReversed()) await measureOnce(one, into);
    }
    return report(times);
  },
};

type Times = Record<"send" | "receive" | "echo", number[]>;
const emptyTimes = (): Times => ({ send: [], receive: [], echo: [] });

async function measureOnce(one: MeasuredPath, into: Times): Promise<void> {
  into.send.push(await one.send(SEND_MS));
  into.receive.push(await one.receive(SEND_MS));
  into.echo.push(await one.echo(ECHOES));
}

/** The network as hostd makes it, with one guest plugged in. */
async function ourPath() {
  await using undo = new AsyncDisposableStack();
  const runDir = mkdtempSync(join(tmpdir(), "browservm-bench-"));
  undo.defer(() => rmSync(runDir, { recursive: true }));
  const config = Config.parse({ runDir, network: { uplink: "none", cidr: "10.77.0.0/24" } });
  const db = openDatabase(join(runDir, "hostd.db"), slotMigrations);
  undo.defer(() => db.close());
  const network = undo.use(await openHostNetwork({ config, db, log: pino({ level: "silent" }), runDir }));
  undo.defer(() => network.dismantle());
  await network.ensure();
  const address = network.reserve(VmId.parse(makeId("vm", Buffer.alloc(20, 1))));
  await network.plug(address, slotUid(address.slot));
  const opened = undo.use(await MeasuredPath.open(address));
  const rest = undo.move();
  return { path: opened, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

/** A TAP with the gateway's address on it, in a namespace without bridge and rules. */
async function barePath() {
  await using undo = new AsyncDisposableStack();
  const address: VmAddress = planAddresses("10.78.0.0/24").addressOf(BARE_SLOT);
  await must("ip", "netns", "add", BARE);
  undo.defer(() => must("ip", "netns", "del", BARE).then(() => {}));
  const ip = (...args: string[]) => must("ip", "-n", BARE, ...args);
  await ip("tuntap", "add", "dev", address.tap, "mode", "tap", "vnet_hdr");
  await ip("addr", "add", `${address.gateway}/${address.prefix}`, "dev", address.tap);
  await ip("link", "set", address.tap, "up");
  const opened = undo.use(await MeasuredPath.open(address, BARE));
  const rest = undo.move();
  return { path: opened, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

function report({ ours, bare }: { ours: Times; bare: Times }): Measured {
  const both = (what: string, kind: keyof Times, unit: "ms" | "Mbit/s") =>
    [
      { what: `${what}, ours`, unit, summary: summarize(ours[kind]) },
      { what: `${what}, bare TAP`, unit, summary: summarize(bare[kind]) },
    ] as const;
  return {
    rows: [
      ...both("TCP host → guest", "send", "Mbit/s"),
      ...both("TCP guest → host", "receive", "Mbit/s"),
      ...both("TCP round trip, 64 bytes", "echo", "ms"),
    ],
    goals: [
      atLeast("TCP host → guest, ours / bare", summarizeRatio(ours.send, bare.send), 0.97),
      atLeast("TCP guest → host, ours / bare", summarizeRatio(ours.receive, bare.receive), 0.97),
      // 0.97 of the speed is 1/0.97 of the time.
      atMost("round trip, ours / bare", summarizeRatio(ours.echo, bare.echo), 1.03),
    ],
    notes: [
      `${ROUNDS} rounds; in each, both paths one after the other, in changing order: ${SEND_MS} ms each way, then ${ECHOES} round trips.`,
      "The guest is a network stack behind a fake VMM (one thread that copies frames, with virtio headers and segmentation offloads); it, and not the kernel's path, sets the throughput's limit.",
    ],
  };
}
