import { BrowserVmError, type DoctorLayer } from "@browservm/contract";
import type { Check } from "@browservm/host/doctor";
import { distance } from "fastest-levenshtein";
import { table } from "../table.ts";

/** What a check says about itself, without looking at anything. */
export interface ExplainedCheck
  extends Pick<Check<never>, "code" | "title" | "dependsOn" | "breaks" | "explanation"> {
  readonly layer: DoctorLayer;
  readonly asks: "machine" | "host" | "vm";
}

/** Every check that there is. Needs no machine, no hostd and no network. */
export async function everyCheck(): Promise<readonly ExplainedCheck[]> {
  const { MACHINE_CHECKS, HOST_CHECKS, VM_CHECKS } = await import("@browservm/host/doctor");
  const { LIVE_CHECKS } = await import("@browservm/controller/doctor");
  const plain = { layer: "host", dependsOn: [], breaks: [] } as const;
  return [
    ...MACHINE_CHECKS.map((check) => toExplained({ ...plain, ...check }, "machine")),
    ...HOST_CHECKS.map((check) => toExplained(check, "host")),
    ...VM_CHECKS.map((check) => toExplained(check, "vm")),
    ...LIVE_CHECKS.map((check) => toExplained(check, check.asks === "gateway" ? "host" : "vm")),
  ];
}

/** CHECK_NOT_FOUND names the codes that are near. */
export function findCheck(checks: readonly ExplainedCheck[], code: string): ExplainedCheck {
  const found = checks.find((check) => check.code === code);
  if (found) return found;
  const near = nearCodes(
    code,
    checks.map((check) => check.code),
  );
  throw new BrowserVmError("CHECK_NOT_FOUND", `no check is called “${code.slice(0, 100)}”`, { near });
}

export function describeCheck({
  code,
  layer,
  title,
  breaks,
  dependsOn,
  explanation,
}: ExplainedCheck): string {
  const { symptom, cause, evidence, fix } = explanation;
  const facts: Array<[string, string]> = [
    ["in order", title],
    ["you see", symptom],
    ["because", cause],
    ["proof", evidence],
    ["fix", `${fix.text} (${fix.kind})`],
    ...fix.commands.map((command): [string, string] => ["", `    ${command}`]),
    ["risk", fix.risk],
    ...(breaks.length > 0 ? [["breaks", breaks.join(", ")] as [string, string]] : []),
    ...(dependsOn.length > 0 ? [["unless", dependsOn.join(", ")] as [string, string]] : []),
  ];
  return [`${code}  (${layer})`, ...facts.map(([name, words]) => `  ${name.padEnd(9)} ${words}`)].join("\n");
}

export const checkTable = (checks: readonly ExplainedCheck[]): string =>
  table(
    ["CODE", "LAYER", "IN ORDER"],
    checks.map(({ code, layer, title }) => [code, layer, title]),
  );

const MOST_NEAR = 6;

/** The codes that a person may have meant: little to type differently, or a word in common. */
function nearCodes(wanted: string, codes: readonly string[]): string[] {
  const words = new Set(wanted.split("-"));
  const score = (code: string) => {
    const edits = distance(wanted, code) / Math.max(wanted.length, code.length);
    return code.split("-").some((word) => words.has(word)) ? edits - 0.3 : edits;
  };
  return codes
    .map((code) => ({ code, score: score(code) }))
    .filter((one) => one.score < 0.5)
    .toSorted((a, b) => a.score - b.score)
    .slice(0, MOST_NEAR)
    .map(({ code }) => code);
}

function toExplained(check: Omit<ExplainedCheck, "asks">, asks: ExplainedCheck["asks"]): ExplainedCheck {
  const { code, layer, title, dependsOn, breaks, explanation } = check;
  return { code, layer, asks, title, dependsOn, breaks, explanation };
}
