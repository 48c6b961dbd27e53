import { HostUnderTest } from "../harness/host-under-test.ts";
import { bareRestore } from "./bare-restore.ts";
import { atMost, type BenchContext, type Benchmark, type Measured, type Row } from "./benchmark.ts";
import { goldenOf, imageStore } from "./golden-under-test.ts";
import { type OurBoot, ourBoot } from "./our-boot.ts";
import { type OurRestore, ourRestore } from "./our-restore.ts";
import { quantileRow } from "./quantile-row.ts";
import { summarize, summarizeRatio } from "./statistics.ts";

/** An emulated boot of a browser takes half a minute and more, on a loaded machine its restore as well. */
const PAIRS = { kvm: 30, tcg: 6 } as const;
const BOOTS = { kvm: 10, tcg: 2 } as const;

export const restoreTiny = restoreBenchmark("tiny");
export const restoreBrowser = restoreBenchmark("browser");

function restoreBenchmark(image: string): Benchmark {
  return {
    name: `restore-${image}`,
    title: `\`${image}\` from a golden snapshot, against a bare QEMU that loads the same state, and against a boot`,
    run: (context) => measure(image, context),
  };
}

async function measure(name: string, { note, rounds }: BenchContext): Promise<Measured> {
  const image = await imageStore().find(name);
  await using host = await HostUnderTest.start({ env: { BROWSERVM_VMM__ACCELERATOR: "auto" } });
  const { accelerator } = await host.client.getHost();
  const kind = accelerator.name === "kvm" ? "kvm" : "tcg";
  note("the golden snapshot");
  const snapshot = await goldenOf(host, name);
  const ours: OurRestore[] = [];
  const bare: number[] = [];
  const pairs = rounds ?? PAIRS[kind];
  for (let pair = 0; pair < pairs; pair++) {
    note(`pair ${pair + 1} of ${pairs} (${kind})`);
    const turns = [
      async () => ours.push(await ourRestore(host, name)),
      async () => bare.push(await bareRestore({ image, snapshot, accelerator: kind })),
    ];
    for (const turn of pair % 2 === 0 ? turns : turns.toReversed()) await turn();
    const { agentMs, paintedMs, readyMs, ownMs } = ours.at(-1) ?? {};
    note(
      `  agent ${agentMs} (bare ${bare.at(-1)?.toFixed(0)}), painted ${paintedMs}, ready ${readyMs}, own ${ownMs} ms`,
    );
  }
  const boots: OurBoot[] = [];
  for (let boot = 0; boot < BOOTS[kind]; boot++) {
    note(`boot ${boot + 1} of ${BOOTS[kind]}`);
    boots.push(await ourBoot(host, name));
  }
  return report({ ours, bare, boots }, [
    `Image ${image.id}, snapshot ${snapshot.id} (${snapshot.sizeMib} MiB on disk, made in ${(snapshot.buildMs / 1000).toFixed(1)} s), accelerator ${kind}: ${accelerator.reason}.`,
    `${pairs} pairs in turns, then ${BOOTS[kind]} boots; the bare restore's disk and TAP are made before its clock starts, and ours are part of it.`,
  ]);
}

interface Samples {
  readonly ours: readonly OurRestore[];
  readonly bare: readonly number[];
  readonly boots: readonly OurBoot[];
}

function report({ ours, bare, boots }: Samples, notes: readonly string[]): Measured {
  const of = (pick: (one: OurRestore) => number | undefined) => ours.flatMap((one) => pick(one) ?? []);
  const painted = of(({ paintedMs }) => paintedMs);
  const bootPainted = boots.flatMap(({ paintedMs }) => paintedMs ?? []);
  const agent = of(({ agentMs }) => agentMs);
  const own = of(({ ownMs }) => ownMs);
  const booted = summarize(bootPainted.length > 0 ? bootPainted : boots.map(({ readyMs }) => readyMs)).median;
  const restored = painted.length > 0 ? painted : of(({ readyMs }) => readyMs);
  const end = painted.length > 0 ? "painted" : "ready";
  return {
    rows: [
      quantileRow("request → agent answers, ours", agent),
      quantileRow("start → agent answers, bare", bare),
      ...(painted.length > 0 ? [quantileRow("request → painted, ours", painted)] : []),
      quantileRow(
        "request → ready, ours",
        of(({ readyMs }) => readyMs),
      ),
      quantileRow("of that neither VMM nor guest", own),
      ...parts(ours, "steps", "step"),
      ...parts(ours, "identity", "identity, in the guest:"),
      ...parts(ours, "gate", "gate"),
      quantileRow(
        "request → agent answers, booted",
        boots.map(({ agentMs }) => agentMs),
      ),
      ...(bootPainted.length > 0 ? [quantileRow("request → painted, booted", bootPainted)] : []),
      quantileRow(
        "request → ready, booted",
        boots.map(({ readyMs }) => readyMs),
      ),
    ],
    goals: [
      atMost("agent answers, ours / bare", summarizeRatio(agent, bare), 1.25),
      atMost(`${end}, restored / booted (median)`, summarize(restored.map((ms) => ms / booted)), 0.1),
      atMost("neither VMM nor guest, in ms", summarize(own), 60),
    ],
    notes: [
      ...notes,
      "Painted by a restore is the page that a renderer of its own has drawn after the restore, with the identity taken, the TAP plugged in and the path proven.",
      "Steps of the gate that stand together (R1–R5; R7, R8) look at one time, R10 from the beginning on: their times overlap.",
    ],
  };
}

function parts(ours: readonly OurRestore[], pick: "steps" | "gate" | "identity", word: string): Row[] {
  const names = [...(ours[0]?.[pick].keys() ?? [])];
  return names.map((name) =>
    quantileRow(
      `${word} ${name}`,
      ours.map((one) => one[pick].get(name) ?? 0),
    ),
  );
}
