import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DoctorFix } from "../../packages/contract/src/index.ts";
import { LIVE_CHECKS } from "../../packages/controller/src/doctor/checks.ts";
import type { Check } from "../../packages/host/src/doctor/check.ts";
import { HOST_CHECKS, VM_CHECKS } from "../../packages/host/src/doctor/checks.ts";
import type { Change, Fault } from "../../tests/lab/fault.ts";
import { FAULTS } from "../../tests/lab/faults.ts";
import { HARMLESS } from "../../tests/lab/harmless.ts";
import { LIVE_FAULTS } from "../../tests/lab/live/live-faults.ts";
import { NOT_HERE } from "../../tests/lab/not-here.ts";
import { LabRecord } from "../../tests/lab/results.ts";
import { head, markdownTable } from "./page.ts";
import { SIX_QUESTIONS } from "./six-questions.ts";

type AnyCheck = Pick<Check<never>, "code" | "layer" | "title" | "explanation"> & { readonly shows?: string };

const CHECKS: readonly AnyCheck[] = [...HOST_CHECKS, ...VM_CHECKS, ...LIVE_CHECKS];

/** Every cause that the doctor can name, with the faults that the laboratory injected to prove it. */
export function faultsPage(): string {
  const record = readRecord();
  const words =
    "Everything that `browservm doctor` can name on the way of a packet, and of a picture: what is seen, why, the one observation that settles it, and what to do. `browservm doctor --explain <code>` says the same. Below each cause are the faults that [the laboratory](../../CONTRIBUTING.md) injects on a real kernel to prove that this cause, and no other, is named; the times are those of its last whole run.";
  return [
    head("Faults and their causes", "the doctor's checks and tests/lab", words),
    `${measured(record)}\n`,
    `## The six classic questions\n\n${SIX_QUESTIONS.map(questionText).join("\n\n")}\n`,
    `## Causes\n\n${CHECKS.map((check) => causeText(check, record)).join("\n\n")}\n`,
    `## What looks odd and is harmless\n\nThe laboratory does each of these, too; the doctor must not fail.\n\n${markdownTable(
      ["Oddity", "How it is made"],
      HARMLESS.map(({ story, inject }) => [story, changeWords(inject).join("; ")]),
    )}\n`,
    `## What cannot be injected\n\n${markdownTable(
      ["Fault", "From", "Why not"],
      NOT_HERE.map(({ what, facts, why }) => [what, facts, why]),
    )}\n`,
  ].join("\n");
}

function readRecord(): LabRecord {
  const file = join(import.meta.dirname, "../../tests/lab/results.json");
  return LabRecord.parse(JSON.parse(readFileSync(file, "utf8")));
}

function measured({ machine, seconds, rows }: LabRecord): string {
  const count = (kind: LabRecord["rows"][number]["kind"]): string => {
    const of = rows.filter((row) => row.kind === kind);
    return `${of.filter(({ passed }) => passed).length} of ${of.length}`;
  };
  return `Last whole run: ${machine}, ${seconds} s. ${count("fault")} faults named as the root cause, ${count("pair")} pairs of independent faults with both named, ${count("harmless")} oddities left alone, ${count("healing")} faults repaired by the watch.`;
}

const questionText = ({ asked, answer, codes }: (typeof SIX_QUESTIONS)[number]): string =>
  `**${asked}** ${answer} → ${codes.map(link).join(", ")}`;

function link(code: string): string {
  if (!CHECKS.some((check) => check.code === code))
    throw new Error(`scripts/reference/six-questions.ts: no check is called ${code}`);
  return `[${code}](#${code})`;
}

function causeText({ code, layer, title, explanation, shows }: AnyCheck, record: LabRecord): string {
  const { symptom, cause, evidence, fix } = explanation;
  const faults = FAULTS.filter(({ expect }) => expect.code === code);
  return [
    `### ${code}\n`,
    `*${layer}${shows ? ", a symptom" : ""}* – passes when: ${title}\n`,
    `- **Symptom**: ${symptom}`,
    `- **Cause**: ${cause}`,
    `- **Evidence**: ${evidence}`,
    `- **Fix** (${fix.kind}): ${fixText(fix)}`,
    ...faults.map((fault) => `- **Injected** (${fault.name}; ${fault.facts}): ${faultText(fault, record)}`),
    ...LIVE_FAULTS.filter(({ expect }) => expect.code === code).map(
      ({ name, story, how }) => `- **Injected** (${name}; tests/lab/live): ${story}. ${how}.`,
    ),
  ].join("\n");
}

function fixText({ text, commands, risk }: DoctorFix): string {
  const lines = commands.length > 0 ? ` ${commands.map((line) => `\`${line}\``).join(", ")}` : "";
  return `${text}${lines}${risk === "none" ? "" : ` Risk: ${risk}.`}`;
}

function faultText({ name, story, inject }: Fault, { rows }: LabRecord): string {
  const [named, healed] = (["fault", "healing"] as const).map((kind) =>
    rows.find((row) => row.name === name && row.kind === kind && row.passed),
  );
  const times = [
    named ? `named in ${named.ms} ms` : "not named in the last run",
    ...(named?.fixMs === undefined ? [] : [`fixed by \`--fix\` in ${named.fixMs} ms`]),
    ...(healed ? [`repaired by the watch in ${healed.ms} ms`] : []),
  ];
  return `${story}. ${changeWords(inject).join("; ")}. ${times.join(", ")}.`;
}

/** What was done, in the order in which `Stage` does it. */
function changeWords({ fake, act, host = [], guest = [] }: Change): string[] {
  return [
    ...(fake ? [`the fake ${Object.keys(fake).join(", ")}: \`${JSON.stringify(fake)}\``] : []),
    ...(act ? [act.words] : []),
    ...host.map((line) => `\`${line}\``),
    ...guest.map((line) => `in the guest \`${line}\``),
  ];
}
