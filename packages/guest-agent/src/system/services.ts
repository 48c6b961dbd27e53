import type { GuestResult } from "@browservm/contract/guest/calls";
import { runOrThrow } from "../child.ts";

const COMMAND_MS = 20_000;
const UNIT = /^[A-Za-z0-9:_.\\@-]{1,256}$/;

/** The state of these units and the names of all that failed. */
export async function servicesStatus(units: readonly string[]): Promise<GuestResult<"services.status">> {
  const bad = units.find((unit) => !UNIT.test(unit) || unit.startsWith("-"));
  if (bad !== undefined) throw new Error("that is not a unit's name");
  const [shown, failed] = await Promise.all([
    units.length === 0 ? "" : systemctl("show", "--property=Id,ActiveState,SubState,Result", "--", ...units),
    systemctl("list-units", "--failed", "--plain", "--no-legend", "--full"),
  ]);
  return { units: parseUnits(shown), failed: parseFailed(failed) };
}

/** `systemctl show` writes a paragraph of `Key=value` lines for each unit. */
export function parseUnits(text: string): GuestResult<"services.status">["units"] {
  return text
    .split("\n\n")
    .filter((paragraph) => paragraph.trim() !== "")
    .map((paragraph) => {
      const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(paragraph)?.[1] ?? "";
      return {
        name: value("Id"),
        active: value("ActiveState"),
        sub: value("SubState"),
        result: value("Result"),
      };
    });
}

export function parseFailed(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/)[0] ?? "")
    .filter((name) => name !== "")
    .slice(0, 64);
}

function systemctl(...args: string[]): Promise<string> {
  return runOrThrow("systemctl", ["--no-pager", ...args], { timeoutMs: COMMAND_MS });
}
