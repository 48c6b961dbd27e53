import type { Session } from "@browservm/contract";
import { table } from "../table.ts";
import { clipboardWord } from "./clipboard-option.ts";

/** Sessions as a table, newest first as they come. */
export function sessionTable(sessions: readonly Session[]): string {
  if (sessions.length === 0) return "No sessions. `browservm run https://…` starts one.";
  const rows = sessions.map(({ id, status, image, url, createdAt, vm }) => [
    id,
    status,
    image,
    vm?.address?.ip ?? "–",
    vm ? howItRuns(vm) : "–",
    createdAt,
    url ?? "–",
  ]);
  return table(["SESSION", "STATUS", "IMAGE", "ADDRESS", "ACCELERATOR", "CREATED", "URL"], rows);
}

const howItRuns = ({ isolation, accelerator }: NonNullable<Session["vm"]>): string =>
  isolation === "container" ? "container, weaker isolation" : accelerator;

/** One session in full, for people. */
export function describeSession(session: Session): string {
  const { vm, reason } = session;
  const facts: Array<[string, string | undefined]> = [
    ["session", session.id],
    ["status", session.status],
    ["reason", reason ? `${reason.message} (${reason.code})\n            → ${reason.fix}` : undefined],
    ["image", session.image],
    ["url", session.url ?? undefined],
    ["created", session.createdAt],
    ["ready", session.readyAt ?? undefined],
    ["expires", session.expiresAt ?? "never by itself while it is paused"],
    ["idle", idleWords(session)],
    ["clipboard", clipboardWord(session.clipboard)],
    ["fork of", session.forkOf ?? undefined],
    ["vm", vm ? `${vm.id} ${vm.state} (${howItRuns(vm)})` : undefined],
    ["made by", madeBy(session)],
    ["on disk", vm?.paused ? `${Math.round(vm.paused.sizeMib)} MiB since ${vm.paused.at}` : undefined],
    ["address", vm?.address ? `${vm.address.ip} on ${vm.address.tap}` : undefined],
    ["network", vm?.gate],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name.padEnd(10)}  ${value}`],
  );
  const steps = vm?.steps.map(
    ({ step, status, durationMs }) =>
      `  ${status === "failed" ? "✗" : "✓"} ${step}${durationMs === undefined ? "" : `  ${(durationMs / 1000).toFixed(1)} s`}`,
  );
  return [...lines, ...(steps?.length ? ["steps", ...steps] : [])].join("\n");
}

function idleWords({ timeouts }: Session): string | undefined {
  if (timeouts.idleAt === null) return undefined;
  return `${timeouts.onIdle === "pause" ? "paused" : "ended"} at ${timeouts.idleAt} if nothing is done in it`;
}

const ORIGIN = { boot: "a boot", snapshot: "a golden snapshot", fork: "a fork" } as const;

function madeBy({ pool, vm }: Session): string | undefined {
  const origin = vm?.origin && ORIGIN[vm.origin];
  return pool ? [`pool ${pool}`, ...(origin ? [`(${origin})`] : [])].join(" ") : origin;
}
