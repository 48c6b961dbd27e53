import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BrowserVmError, paths } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { runAttached } from "../process.ts";
import { table } from "../table.ts";
import { CHECKOUT } from "../up/checkout.ts";
import { findChromium } from "./find-chromium.ts";
import { prepareImages } from "./prepare-images.ts";
import { closingLine, failureList, isGreen, readTierReport, type TierResult } from "./tier-report.ts";
import { TIERS, type Tier } from "./tiers.ts";
import { COTURN, FIREFOX, PULSEAUDIO, unpackedPackage } from "./unpacked-package.ts";

/** Runs the gate (types, lint, boundaries, …) and the tiers one after another; answers the exit status. */
export async function runTiers(context: CliContext, names: readonly string[]): Promise<number> {
  if (!existsSync(join(CHECKOUT, "tests")))
    throw new BrowserVmError(
      "NOT_FOUND",
      "there are no tests here: they belong to a checkout of the repository",
    );
  if (process.getuid?.() !== 0)
    throw new BrowserVmError("NOT_PRIVILEGED", "the tests make network namespaces and VMs of their own");
  const reports = await mkdtemp(join(tmpdir(), "browservm-test-"));
  const results: TierResult[] = [];
  const wanted = TIERS.filter(({ name }) => names.includes(name));
  try {
    if (names.length === TIERS.length) results.push(await runGate(context));
    for (const tier of wanted) {
      if (context.signal.aborted) return EXIT.interrupted;
      results.push(await runTier(context, tier, reports));
    }
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
  const rows = results.map(({ tier, passed, failed, skipped, seconds }) => [
    tier,
    ...[passed, failed, skipped].map(String),
    `${seconds} s`,
  ]);
  context.output.note(`\n${table(["TIER", "PASSED", "FAILED", "SKIPPED", "TIME"], rows)}\n`);
  const failures = failureList(results);
  if (failures !== "") context.output.note(failures);
  // Always this plain line, for people and for machines that count.
  await context.output.write(`${closingLine(results)}\n`);
  return isGreen(results) ? EXIT.ok : EXIT.refused;
}

/** `npm run check` without the unit tests, which are a tier of their own here; it counts as one test. */
async function runGate(context: CliContext): Promise<TierResult> {
  context.output.note("\n── check: types, lint, boundaries, dead code, generated files");
  const started = Date.now();
  const status = await npm(context, ["run", "--silent", "check", "--", "--without-unit"]);
  const isFine = status === 0;
  return {
    tier: "check",
    passed: isFine ? 1 : 0,
    failed: isFine ? 0 : 1,
    skipped: 0,
    seconds: since(started),
    failures: [],
    unsteady: [],
  };
}

async function runTier(context: CliContext, tier: Tier, reports: string): Promise<TierResult> {
  const { name, script, what } = tier;
  context.output.note(`\n── ${name}: ${what}`);
  const report = join(reports, `${name}.json`);
  const started = Date.now();
  try {
    const needed = await prepareTier(context, tier);
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    await npm(context, ["run", "--silent", script, "--", ...reporters], needed);
  } catch (error) {
    // A tier that cannot even begin has failed; the others still tell something.
    context.output.error(error);
  }
  return readTierReport(name, report, since(started));
}

/** What the tier needs of this machine, made or found; answers the variables that tell it. */
async function prepareTier(
  context: CliContext,
  { needsImages, needsChromium, needsFirefox, needsTurnserver }: Tier,
): Promise<Record<string, string>> {
  if (needsImages) await prepareImages(context);
  return {
    ...(needsImages ? { BROWSERVM_TEST_IMAGES: paths(context.config).images } : {}),
    ...(needsChromium ? { BROWSERVM_TEST_CHROMIUM: await findChromium(context.env) } : {}),
    ...(needsFirefox ? await firefox(context) : {}),
    ...(needsTurnserver ? { [COTURN.variable]: await unpackedPackage(context, COTURN) } : {}),
  };
}

/** Ubuntu's package is a snap: where there is none, the tests of Firefox alone fail, and say what they miss. */
async function firefox(context: CliContext): Promise<Record<string, string>> {
  try {
    return {
      [FIREFOX.variable]: await unpackedPackage(context, FIREFOX),
      [PULSEAUDIO.variable]: await unpackedPackage(context, PULSEAUDIO),
    };
  } catch (error) {
    context.output.error(error);
    return {};
  }
}

/** The tools' own output goes to stderr's place on the terminal; stdout keeps the closing line. */
function npm(
  { env }: CliContext,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<number> {
  return runAttached({ file: "npm", args, cwd: CHECKOUT, env: { ...env, ...more } });
}

const since = (started: number): number => Math.round((Date.now() - started) / 1000);
