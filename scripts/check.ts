/** `npm run check`: everything that must hold before a change lands, at the same time. No root needed. */
import { spawn } from "node:child_process";
import { join } from "node:path";

interface Gate {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const ROOT = join(import.meta.dirname, "..");
const BIN = join(ROOT, "node_modules/.bin");
const node = process.execPath;

const GATES: readonly Gate[] = [
  { name: "types", command: [join(BIN, "tsc"), "--noEmit", "-p", "tsconfig.json"] },
  { name: "web types", command: [join(BIN, "tsc"), "--noEmit", "-p", "packages/web/tsconfig.json"] },
  {
    name: "viewer types",
    command: [join(BIN, "tsc"), "--noEmit", "-p", "packages/sdk/tsconfig.viewer.json"],
  },
  { name: "lint", command: [join(BIN, "biome"), "check", "--error-on-warnings", "."] },
  { name: "boundaries", command: [node, "scripts/check-boundaries.ts"] },
  { name: "dead code", command: [join(BIN, "knip")] },
  { name: "generated files", command: [node, "scripts/generate.ts", "--check"] },
  { name: "lock file", command: [node, "scripts/complete-lockfile.ts", "--check"] },
  { name: "unit tests", command: [join(BIN, "vitest"), "run", "--project", "unit"] },
];

const wanted = process.argv.includes("--without-unit")
  ? GATES.filter(({ name }) => name !== "unit tests")
  : GATES;
const outcomes = await Promise.all(wanted.map(pass));
for (const { name, output } of outcomes.filter(({ ok }) => !ok))
  console.log(`\n── ${name}\n${output.trimEnd()}`);
console.log("");
for (const { name, ok, seconds } of outcomes) console.log(`${ok ? "✓" : "✗"} ${name}  ${seconds} s`);
process.exit(outcomes.every(({ ok }) => ok) ? 0 : 1);

async function pass({ name, command: [file, ...args] }: Gate) {
  const started = performance.now();
  const child = spawn(file, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
  const ok = await new Promise<boolean>((resolve) => {
    child.once("error", (error) => {
      output += error.message;
      resolve(false);
    });
    child.once("close", (code) => resolve(code === 0));
  });
  return { name, ok, output, seconds: ((performance.now() - started) / 1000).toFixed(1) };
}
