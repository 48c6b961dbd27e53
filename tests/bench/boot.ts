import { HostUnderTest } from "../harness/host-under-test.ts";
import { type BootTimes, bareBoot } from "./bare-boot.ts";
import { atMost, type BenchContext, type Benchmark, type Measured, type Row } from "./benchmark.ts";
import { imageStore } from "./golden-under-test.ts";
import { type OurBoot, ourBoot } from "./our-boot.ts";
import { summarize, summarizeRatio } from "./statistics.ts";

/** Pairs of starts; an emulated one takes from many seconds to minutes. */
interface Boot {
  readonly image: string;
  readonly pairs: Readonly<Record<"kvm" | "tcg", number>>;
}

export const bootTiny = bootBenchmark({ image: "tiny", pairs: { kvm: 20, tcg: 3 } });
export const bootBrowser = bootBenchmark({ image: "browser", pairs: { kvm: 10, tcg: 1 } });

function bootBenchmark(boot: Boot): Benchmark {
  return {
    name: `boot-${boot.image}`,
    title: `from the request to a ready VM of \`${boot.image}\`, against a bare QEMU of the same kernel and image`,
    run: (context) => measurePairs(boot, context),
  };
}

async function measurePairs({ image: name, pairs }: Boot, { note }: BenchContext): Promise<Measured> {
  const image = await imageStore().find(name);
  await using host = await HostUnderTest.start({ env: { BROWSERVM_VMM__ACCELERATOR: "auto" } });
  const { accelerator } = await host.client.getHost();
  const kind = accelerator.name === "kvm" ? "kvm" : "tcg";
  const ours: OurBoot[] = [];
  const bare: BootTimes[] = [];
  for (let pair = 0; pair < pairs[kind]; pair++) {
    note(`pair ${pair + 1} of ${pairs[kind]} (${kind})`);
    const turns = [
      async () => ours.push(await ourBoot(host, name)),
      async () => bare.push(await bareBoot(image, kind)),
    ];
    for (const turn of pair % 2 === 0 ? turns : turns.toReversed()) await turn();
  }
  return report({ ours, bare }, [
    `Image ${image.id}, accelerator ${kind}: ${accelerator.reason}.`,
    `${pairs[kind]} pair(s), in turns; the bare start's disk, initrd and TAP are made before its clock starts.`,
  ]);
}

interface Pairs {
  readonly ours: readonly OurBoot[];
  readonly bare: readonly BootTimes[];
}

function report({ ours, bare }: Pairs, notes: readonly string[]): Measured {
  const row = (what: string, ms: readonly number[]): Row => ({ what, unit: "ms", summary: summarize(ms) });
  const agent = { ours: ours.map(({ agentMs }) => agentMs), bare: bare.map(({ agentMs }) => agentMs) };
  const painted = {
    ours: ours.flatMap(({ paintedMs }) => paintedMs ?? []),
    bare: bare.flatMap(({ paintedMs }) => paintedMs ?? []),
  };
  const hasBrowser = painted.ours.length > 0;
  const gateOf = ({ gate }: OurBoot) => [...gate].filter(([id]) => !id.startsWith("R10"));
  const gateShare = ours.map((one) => gateOf(one).reduce((sum, [, ms]) => sum + ms, 0) / one.readyMs);
  const names = (pick: "steps" | "gate") => [...(ours[0]?.[pick].keys() ?? [])];
  const part = (pick: "steps" | "gate", name: string) => ours.map((one) => one[pick].get(name) ?? 0);
  return {
    rows: [
      row("create → agent answers, ours", agent.ours),
      row("start → agent answers, bare", agent.bare),
      ...(hasBrowser
        ? [row("create → painted, ours", painted.ours), row("start → painted, bare", painted.bare)]
        : []),
      row(
        "create → ready, ours",
        ours.map(({ readyMs }) => readyMs),
      ),
      ...names("steps").map((name) => row(`step ${name}`, part("steps", name))),
      ...names("gate").map((name) => row(`gate ${name}`, part("gate", name))),
      { what: "the gate without R10, share of create → ready", unit: "×", summary: summarize(gateShare) },
    ],
    goals: [
      atMost("agent answers, ours / bare", summarizeRatio(agent.ours, agent.bare), 1.1),
      ...(hasBrowser
        ? [atMost("painted, ours / bare", summarizeRatio(painted.ours, painted.bare), 1.1)]
        : []),
    ],
    notes: [
      ...notes,
      "R10 waits for the browser's own start, so it is no cost of the gate; ours also asks for a frame of the display that is not blank.",
    ],
  };
}
