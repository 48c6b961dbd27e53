import { parseArgs } from "node:util";
import { chaos } from "./chaos.ts";

// `node tests/chaos/main.ts [--minutes N] [--vms N] [--json]` in a network namespace of its own
// (scripts/in-netns.sh), as root. Exit status: 0 all is well at the end, 1 something is not, 130 interrupted.

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    vms: { type: "string", default: "20" },
    json: { type: "boolean", default: false },
  },
});
const interrupted = new AbortController();
process.on("SIGINT", () => (interrupted.signal.aborted ? process.exit(130) : interrupted.abort()));
process.on("SIGTERM", () => interrupted.abort());

const result = await chaos({
  minutes: Number(values.minutes),
  vms: Number(values.vms),
  signal: interrupted.signal,
  note: (line) => process.stderr.write(`${line}\n`),
});
const { vms, harms, repaired, heldOff, medianMs, longestMs, losses } = result;
const lines = [
  `${vms} VMs, ${harms} harms: ${repaired} repairs (median ${medianMs} ms, longest ${longestMs} ms), ${heldOff} held off`,
  ...losses.map((loss) => `✗ ${loss}`),
  losses.length === 0
    ? "every VM is reachable, every event explained, nothing is left"
    : `${losses.length} losses`,
];
process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${lines.join("\n")}\n`);
process.exit(interrupted.signal.aborted ? 130 : losses.length > 0 ? 1 : 0);
