import type { Signin, SigninProvider } from "@browservm/contract";
import { table } from "../table.ts";

/** Sign-ins as a table, the newest first as they come. */
export function signinTable(signins: readonly Signin[]): string {
  if (signins.length === 0) return "No sign-ins. `browservm signin start` begins one.";
  const rows = signins.map((one) => [
    one.id,
    one.provider,
    one.subject ?? "–",
    one.state,
    one.reason?.code ?? "–",
    one.connectionId ?? "–",
    one.createdAt,
  ]);
  return table(["SIGN-IN", "PROVIDER", "SUBJECT", "STATE", "WHY", "CONNECTION", "CREATED"], rows);
}

/** One sign-in in a few lines, with what its person is to do. */
export function signinWords(one: Signin): string {
  const { guide, reason } = one;
  const lines: ReadonlyArray<readonly [string, string | null | undefined]> = [
    ["id", one.id],
    ["provider", one.provider],
    ["subject", one.subject],
    ["state", reason ? `${one.state} (${reason.code}: ${reason.message})` : one.state],
    ["what to do", guide?.text],
    ["look here", guide && one.liveViewUrl],
    ["address", guide?.url],
    ["code", guide?.userCode],
    ["captures", one.captures.join("; ")],
    ["leaves", one.leaves.join("; ")],
    ["connection", one.connectionId],
    ["session", one.sessionId && `${one.sessionId}${one.sessionOver ? " (over)" : ""}`],
    ["given up", guide && one.expiresAt],
    ["fix", reason?.fix],
  ];
  return lines.flatMap(([name, value]) => (value ? [`${name.padEnd(12)}${value}`] : [])).join("\n");
}

/** Known providers as a table. */
export function providerTable(providers: readonly SigninProvider[]): string {
  const rows = providers.map(({ name, title, recipe, source }) => [name, title, recipe, source]);
  return table(["PROVIDER", "TITLE", "RECIPE", "FROM"], rows);
}
