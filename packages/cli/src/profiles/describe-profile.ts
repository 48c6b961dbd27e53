import type { Profile } from "@browservm/contract";
import { table } from "../table.ts";

/** Profiles as a table, by name as they come. */
export function profileTable(profiles: readonly Profile[]): string {
  if (profiles.length === 0) return "No profiles. `browservm run --profile NAME` makes one.";
  const rows = profiles.map((one) => [
    one.name,
    one.id,
    one.project,
    String(one.version),
    mib(one.bytes),
    one.savedAt ?? "never",
    one.writer?.sessionId ?? "–",
    one.failure?.code ?? "–",
  ]);
  return table(
    ["NAME", "PROFILE", "PROJECT", "VERSION", "SIZE", "SAVED", "WRITTEN BY", "LAST FAILURE"],
    rows,
  );
}

/** One profile in a few lines. */
export function profileWords(one: Profile): string {
  const { failure, writer } = one;
  const lines: ReadonlyArray<readonly [string, string]> = [
    ["id", one.id],
    ["name", one.name],
    ["project", one.project],
    ["version", one.version === 0 ? "0 (never saved)" : String(one.version)],
    ["size", `${mib(one.bytes)}, ${mib(one.storedBytes)} on disk`],
    ["created", one.createdAt],
    ["saved", one.savedAt === null ? "never" : `${one.savedAt} from ${one.savedFrom}`],
    ["last used", one.usedAt ?? "never"],
    ["written by", writer === null ? "nobody" : `${writer.sessionId} since ${writer.since}`],
    ...(failure ? [["not saved", `${failure.at}: ${failure.code}: ${failure.message}`] as const] : []),
  ];
  return lines.map(([name, value]) => `${name.padEnd(12)}${value}`).join("\n");
}

const mib = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MiB`;
