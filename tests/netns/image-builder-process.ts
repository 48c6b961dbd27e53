// Plays one `image build` that may be killed at any moment.
// node image-builder-process.ts CONFIG_JSON   → one line on stdout per step and note; "failed CODE" at its end
import { writeSync } from "node:fs";
import { Config, toBrowserVmError } from "@browservm/contract";
import { buildImage } from "../../packages/host/src/image/index.ts";

const config = Config.parse(JSON.parse(process.argv[2] ?? "{}"));
const say = (line: string) => writeSync(1, `${line}\n`);
const progress = {
  signal: new AbortController().signal,
  step: (name: string) => say(`step ${name}`),
  note: (line: string) => say(`note ${line}`),
};
try {
  const agentEntry = `${import.meta.dirname}/new-vm-id.ts`;
  const { id } = await buildImage(progress, { recipe: "tiny", config, agentEntry });
  say(`built ${id}`);
} catch (error) {
  say(`failed ${toBrowserVmError(error).code}`);
}
