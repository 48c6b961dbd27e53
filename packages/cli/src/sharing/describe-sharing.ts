import type { Viewer, ViewLink, ViewToken } from "@browservm/contract";
import { table } from "../table.ts";

/** A fresh link in a few words. */
export function linkWords(session: string, { id, url, role, expiresAt }: ViewToken): string {
  const may = role === "view" ? "May look" : "May have the control";
  return `${url}\nShown once. ${may}, until ${expiresAt}; revoke it with \`browservm share revoke ${session} ${id}\`.`;
}

/** Links as a table, the newest first as they come. */
export function linkTable(session: string, links: readonly ViewLink[], now: Date): string {
  if (links.length === 0) return `No links. \`browservm share link ${session}\` makes one.`;
  const rows = links.map((link) => [
    link.id,
    link.name ?? "–",
    link.role,
    link.oneTime ? "once" : "many times",
    linkState(link, now),
    link.expiresAt,
    link.spentAt ?? "never",
  ]);
  return table(["LINK", "FOR", "MAY", "WORKS", "STATE", "EXPIRES", "LAST USED"], rows);
}

function linkState({ revokedAt, expiresAt, oneTime, spentAt }: ViewLink, now: Date): string {
  if (revokedAt !== null) return "revoked";
  if (expiresAt <= now.toISOString()) return "expired";
  return oneTime && spentAt !== null ? "used" : "good";
}

/** Who is there, as a table, the first comer first as they come. */
export function viewerTable(viewers: readonly Viewer[]): string {
  if (viewers.length === 0) return "Nobody looks at it now.";
  const rows = viewers.map((viewer) => [
    viewer.id,
    viewer.name,
    viewer.linkId ?? viewer.via,
    controlWords(viewer),
    viewer.since,
  ]);
  return table(["VIEWER", "NAME", "CAME BY", "CONTROL", "SINCE"], rows);
}

function controlWords({ hasControl, canControl, asksSince }: Viewer): string {
  if (hasControl) return "has it";
  if (asksSince !== null) return "asks for it";
  return canControl ? "may ask" : "looks only";
}
