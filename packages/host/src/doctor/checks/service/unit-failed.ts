import { type Check, fail, manual, pass, seen, unknown } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutGuest, UNHEARD } from "../guest/about-guest.ts";

const LINES = 5;

const fix = (unit: string) =>
  manual(
    `Read the journal's lines; then \`systemctl restart ${unit}\` in the guest, or \`systemctl reset-failed\` if it does not matter.`,
  );

export const unitFailed: Check<VmSubject> = {
  code: "unit-failed",
  layer: "service",
  title: "No unit of the guest has failed",
  dependsOn: [
    ...UNHEARD,
    "environment-unparsable",
    "injected-file",
    "guest-disk-full",
    "guest-read-only",
    "guest-out-of-memory",
  ],
  breaks: ["service"],
  explanation: {
    symptom: "A service of the guest is not there: refused, or its work is not done.",
    cause: "systemd in the guest gave up on a unit.",
    evidence: "`systemctl --failed` in the guest, and the unit's last journal lines.",
    fix: fix("UNIT"),
  },
  judge: aboutGuest(({ services, health }) => {
    const why = health?.unread?.find((line) => line.startsWith("failedUnits:"));
    const told = why ? undefined : health?.failedUnits;
    const names = [...new Set([...(services?.failed ?? []), ...(told ?? []).map(({ name }) => name)])];
    const [first] = names;
    if (first === undefined)
      return services || told
        ? pass("control-channel", "failed units of the guest", "none")
        : unknown("The guest's service manager does not answer.", [
            seen("control-channel", "services of the guest", why ?? "no answer"),
          ]);
    const linesOf = (name: string) => told?.find((unit) => unit.name === name)?.lines.slice(-LINES) ?? [];
    const last = linesOf(first).at(-1);
    return fail(
      `${names.join(", ")} of the guest ${names.length > 1 ? "have" : "has"} failed${last ? `; the last word of ${first}: ${last}` : ""}.`,
      names.map((name) => seen("journal", name, linesOf(name).join(" ⏎ ") || "no lines")),
      fix(first),
    );
  }),
};
