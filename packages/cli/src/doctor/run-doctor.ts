import type { DoctorReport } from "@browservm/contract";
import type { DoctorTarget } from "@browservm/sdk";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { writeWhole } from "../write-file.ts";
import { writeBundle } from "./bundle/write-bundle.ts";
import { describeFix } from "./describe-fix.ts";
import { describeReport } from "./describe-report.ts";
import { examine } from "./examine.ts";
import { exitStatusOfFix, exitStatusOfReport, exitStatusOfTrouble } from "./exit-status.ts";
import { checkTable, describeCheck, everyCheck, findCheck } from "./explain.ts";
import { toJunit } from "./junit.ts";
import { watch } from "./watch.ts";
import { withDoctor } from "./with-doctor.ts";

export interface DoctorOptions {
  readonly junit?: string;
  readonly bundle?: string;
  /** A code, or true for the list of all. */
  readonly explain?: string | true;
  readonly fix?: boolean;
  readonly watch?: boolean;
  /** Seconds between two looks. */
  readonly every: number;
}

/** `browservm doctor`; answers its exit status and tells its own errors, for they mean something else here. */
export async function runDoctor(
  context: CliContext,
  target: DoctorTarget,
  options: DoctorOptions,
): Promise<number> {
  try {
    if (options.explain !== undefined) return await explain(context, options.explain);
    if (options.watch) return await watch(context, target, options.every * 1000);
    if (options.fix) return await fix(context, target);
    return await look(context, target, options);
  } catch (error) {
    if (context.signal.aborted) return EXIT.interrupted;
    context.output.error(error);
    return exitStatusOfTrouble(error);
  }
}

async function look(context: CliContext, target: DoctorTarget, options: DoctorOptions): Promise<number> {
  const { bundle: file } = options;
  const report = await examine(context, target).catch(async (error: unknown) => {
    // Of what is over, or cannot be asked, there may still be something to take along.
    if (file !== undefined) await bundle(context, { target, report: undefined, file });
    throw error;
  });
  if (file !== undefined) await bundle(context, { target, report, file });
  if (options.junit === "-") await context.output.write(toJunit(report));
  else context.output.print(report, describeReport(report));
  if (options.junit !== undefined && options.junit !== "-") await writeWhole(options.junit, toJunit(report));
  return exitStatusOfReport(report);
}

async function bundle(
  context: CliContext,
  request: { target: DoctorTarget; report: DoctorReport | undefined; file: string },
): Promise<void> {
  const { path, bytes, leftOut } = await writeBundle(context, request);
  context.output.note(`bundle: ${path} (${bytes} bytes, secrets redacted)`);
  for (const line of leftOut) context.output.note(`  left out: ${line}`);
}

async function explain({ output }: CliContext, code: string | true): Promise<number> {
  const checks = await everyCheck();
  if (code === true) output.print({ data: checks }, checkTable(checks));
  else {
    const check = findCheck(checks, code);
    output.print(check, describeCheck(check));
  }
  return EXIT.ok;
}

/** Shows what would be done; with `--yes` it is done and looked at again. hostd does it, whether we wait or not. */
async function fix(context: CliContext, target: DoctorTarget): Promise<number> {
  const { signal, output, isYes } = context;
  const report = await withDoctor(context, (doctor) => doctor.fix({ ...target, apply: isYes }, { signal }));
  output.print(report, describeFix(report));
  return exitStatusOfFix(report);
}
