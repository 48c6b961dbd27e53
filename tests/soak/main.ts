import { parseArgs } from "node:util";
import { type SoakResult, soak } from "./soak.ts";

// `node tests/soak/main.ts [--minutes N] [--others N] [--image NAME] [--other-image NAME] [--json]` in a network
// namespace of its own (scripts/in-netns.sh), as root. Exit status: 0 nothing was lost, 1 something was, 130 interrupted.

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    others: { type: "string", default: "20" },
    image: { type: "string", default: "tiny" },
    "other-image": { type: "string", default: "tiny" },
    json: { type: "boolean", default: false },
  },
});
const interrupted = new AbortController();
// The first asks for a tidy end; after the second, `browservm soak` has a pid namespace that ends with us.
process.on("SIGINT", () => (interrupted.signal.aborted ? process.exit(130) : interrupted.abort()));
process.on("SIGTERM", () => interrupted.abort());

const result = await soak({
  minutes: Number(values.minutes),
  others: Number(values.others),
  image: values.image,
  otherImage: values["other-image"],
  signal: interrupted.signal,
  note: (line) => process.stderr.write(`${line}\n`),
});
process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${describe(result)}\n`);
process.exit(exitStatus(result));

function exitStatus({ losses }: SoakResult): number {
  if (interrupted.signal.aborted) return 130;
  return losses.length > 0 ? 1 : 0;
}

function describe({ minutes, accelerator, others, rows, losses }: SoakResult): string {
  const cells = [
    ["LOOK", "TRIES", "LOST", "MEDIAN", "LONGEST"],
    ...rows.map(({ what, tries, lost, medianMs, longestMs }) => [
      what,
      String(tries),
      String(lost),
      `${medianMs} ms`,
      `${longestMs} ms`,
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [
    `${minutes} min, ${others} other sessions, accelerator ${accelerator}: ${losses.length === 0 ? "nothing was lost" : `${losses.length} losses`}`,
    ...lines,
    ...losses.map(({ at, what, why }) => `✗ ${at}  ${what}: ${why}`),
  ].join("\n");
}
