import { findLink, listLinks } from "../../packages/host/src/linux/links.ts";
import { createTap } from "../../packages/host/src/linux/tun.ts";
import { planAddresses } from "../../packages/host/src/net/address-plan.ts";
import { guestTable } from "../../packages/host/src/net/firewall/guest-rules.ts";
import { applyNft } from "../../packages/host/src/net/firewall/nft.ts";
import { policyTable } from "../../packages/host/src/net/firewall/policy-rules.ts";
import { renderReplacement } from "../../packages/host/src/net/firewall/ruleset.ts";
import { FirewallDesk } from "../../packages/host/src/net/firewall-desk.ts";
import { slotOfTap, TAP_GROUP } from "../../packages/host/src/net/names.ts";
import { plugPort, TapDevice, type TapSpec } from "../../packages/host/src/net/tap-device.ts";
import { run } from "../../packages/host/src/process/run.ts";
import { BareTaps } from "./bare-tap.ts";
import { atLeast, atMost, type Benchmark, type Measured, type Row } from "./benchmark.ts";
import { timeInTurns, type Way } from "./in-turns.ts";
import { summarize, summarizeRatio } from "./statistics.ts";
import { TapBridge } from "./tap-bridge.ts";

const ROUNDS = { inProcess: 200, programs: 50 } as const;
/** The first rounds load code and start the reaper's thread. */
const WARM_UP = 5;
const ADDRESS = planAddresses("192.168.96.0/20").addressOf(6);

export const oneTap: Benchmark = {
  name: "one-tap",
  title: "one TAP created, owned, enslaved, isolated and up",
  async run() {
    await using bridge = new TapBridge();
    using bare = new BareTaps();
    await using firewall = await loadedRules(bridge.name);
    const clear = async () => {
      await removeTaps(bridge);
      await firewall.desk.expel({ address: ADDRESS });
    };
    return report({
      quick: await timed(waysInProcess(bridge, bare), ROUNDS.inProcess, clear),
      slow: await timed(waysWithPrograms(bridge, firewall.desk), ROUNDS.programs, clear),
    });
  },
};

/** Our tables as hostd loads them, without VMs; disposing removes them. */
async function loadedRules(bridge: string) {
  const policy = { bridge, cidr: "192.168.96.0/20", gateway: "192.168.96.1", dns: [] };
  const tables = [guestTable(), policyTable(policy)];
  await applyNft(renderReplacement(tables, []));
  const desk = new FirewallDesk(tables);
  return { desk, [Symbol.asyncDispose]: () => desk.removeTables() };
}

async function timed<W extends string>(
  ways: Readonly<Record<W, Way>>,
  rounds: number,
  clear: () => Promise<void>,
): Promise<{ rows: Row[]; ms: Record<W, number[]> }> {
  const all = await timeInTurns(ways, WARM_UP + rounds, clear);
  const names = Object.keys(ways) as W[];
  const ms = Object.fromEntries(names.map((name) => [name, all[name].slice(WARM_UP)])) as Record<W, number[]>;
  return {
    ms,
    rows: names.map((name) => ({ what: ways[name].what, unit: "ms", summary: summarize(ms[name]) })),
  };
}

const way = (what: string, deed: () => unknown): Way => ({ what, prepare: () => deed });

/** Each way has a slot of its own, so that no name is used twice in a round. */
const waysInProcess = (bridge: TapBridge, bare: BareTaps) => ({
  device: way("`TapDevice.create`: ours, with the read-back", () => TapDevice.create(bridge, bridge.tap(1))),
  pieces: way("ours without the read-back", () => withoutReadBack(bridge, bridge.tap(2))),
  bare: {
    what: "bare ioctl + netlink loop",
    prepare: () => {
      const { name, ownerUid: owner, mtu } = bridge.tap(3);
      return bare.prepare({ name, owner, mtu, bridgeIndex: bridge.index, group: TAP_GROUP });
    },
  },
  readBack: {
    what: "the read-back alone, of a TAP just made",
    prepare: () => {
      const spec = bridge.tap(4);
      withoutReadBack(bridge, spec);
      return () => findLink(bridge.netlink, spec.name);
    },
  },
});

function withoutReadBack({ netlink }: TapBridge, spec: TapSpec): void {
  createTap(spec.name, { uid: spec.ownerUid, gid: spec.ownerUid });
  plugPort(netlink, spec);
}

const waysWithPrograms = (bridge: TapBridge, firewall: FirewallDesk) => ({
  device: way("ours with the read-back, between programs", () => TapDevice.create(bridge, bridge.tap(1))),
  batch: way("one `ip -batch -`", () => run("ip", ["-batch", "-"], { input: batchLines(bridge.tap(2)) })),
  shell: way("three shell-outs to `ip`", () => shellOuts(bridge.tap(3))),
  admit: way("its firewall elements: one `nft -f -`", () => firewall.admit({ address: ADDRESS })),
});

const batchLines = ({ name, ownerUid, bridge, mtu }: TapSpec): string =>
  [
    `tuntap add dev ${name} mode tap vnet_hdr user ${ownerUid} group ${ownerUid}`,
    `link set ${name} master ${bridge} mtu ${mtu} group ${TAP_GROUP}`,
    `link set ${name} type bridge_slave isolated on`,
    `link set ${name} up`,
    "",
  ].join("\n");

/** What people write first: three programs one after the other; the port is not isolated. */
async function shellOuts({ name, ownerUid, bridge }: TapSpec): Promise<void> {
  await run("ip", ["tuntap", "add", "dev", name, "mode", "tap", "vnet_hdr", "user", String(ownerUid)]);
  await run("ip", ["link", "set", name, "master", bridge]);
  await run("ip", ["link", "set", name, "up"]);
}

async function removeTaps({ netlink, reaper }: TapBridge): Promise<void> {
  const names = listLinks(netlink).map(({ name }) => name);
  await reaper.remove(names.filter((name) => slotOfTap(name) !== undefined));
}

interface Series<W extends string> {
  readonly rows: readonly Row[];
  readonly ms: Readonly<Record<W, readonly number[]>>;
}

interface Both {
  readonly quick: Series<"device" | "pieces" | "bare">;
  readonly slow: Series<"device" | "batch" | "shell">;
}

function report({ quick, slow }: Both): Measured {
  const ratio = (what: string, ours: readonly number[], theirs: readonly number[]): Row => ({
    what,
    unit: "×",
    summary: summarizeRatio(ours, theirs),
  });
  return {
    rows: [
      ...quick.rows,
      ...slow.rows,
      ratio("ours with the read-back / bare loop", quick.ms.device, quick.ms.bare),
      ratio("one `ip -batch -` / ours with the read-back", slow.ms.batch, slow.ms.device),
    ],
    goals: [
      atMost("ours without the read-back / bare loop", summarizeRatio(quick.ms.pieces, quick.ms.bare), 1.3),
      atLeast(
        "three shell-outs / ours with the read-back",
        summarizeRatio(slow.ms.shell, slow.ms.device),
        15,
      ),
    ],
    notes: [
      `Two series, ${ROUNDS.inProcess} rounds in this process and ${ROUNDS.programs} with programs between; in each round all ways in an order drawn anew. Ratios are taken round by round; removal is not in these times.`,
      "Bare loop: the least system calls that end in the same state as ours (owned, 12-byte virtio header, in our link group, isolated, up), their bytes made beforehand, no name looked up, no typed errors.",
    ],
  };
}
