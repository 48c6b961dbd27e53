import type { ViewLink, ViewRole } from "@browservm/contract";
import { formatAgo, formatSpan } from "./format.ts";

export type LinkState = "open" | "used" | "expired" | "revoked";

/** What a link is good for now. One that lets the first one in is used by its first use. */
export function linkState({ revokedAt, expiresAt, oneTime, spentAt }: ViewLink, now: number): LinkState {
  if (revokedAt !== null) return "revoked";
  if (Date.parse(expiresAt) <= now) return "expired";
  return oneTime && spentAt !== null ? "used" : "open";
}

export interface LinkLine {
  readonly link: ViewLink;
  readonly state: LinkState;
  /** For whom it is. */
  readonly name: string;
  /** What it allows, and until when. */
  readonly facts: string;
  /** Closes nothing any more where who came by it is gone, too. */
  readonly canRevoke: boolean;
}

const ROLE_WORDS: Readonly<Record<ViewRole, string>> = { view: "may only look", control: "may control" };

/** The word for a state, as it stands in the list. */
export const STATE_WORDS: Readonly<Record<LinkState, string>> = {
  open: "Open",
  used: "Used",
  expired: "Expired",
  revoked: "Revoked",
};

/** The links as they are listed: those that are of use first. */
export function linkLines(
  links: readonly ViewLink[],
  now: number,
): { readonly live: readonly LinkLine[]; readonly over: readonly LinkLine[] } {
  const lines = links.map((link) => lineOf(link, now));
  return {
    live: lines.filter(({ canRevoke }) => canRevoke),
    over: lines.filter(({ canRevoke }) => !canRevoke),
  };
}

function lineOf(link: ViewLink, now: number): LinkLine {
  const state = linkState(link, now);
  const facts = [ROLE_WORDS[link.role], link.oneTime ? "once only" : null, whenWords(link, state, now)];
  return {
    link,
    state,
    name: link.name ?? "For anybody",
    facts: facts.filter((fact) => fact !== null).join(", "),
    canRevoke: state === "open" || state === "used",
  };
}

function whenWords({ expiresAt, spentAt, revokedAt }: ViewLink, state: LinkState, now: number): string {
  if (state === "revoked") return `revoked ${formatAgo(revokedAt ?? expiresAt, now)}`;
  if (state === "expired") return `expired ${formatAgo(expiresAt, now)}`;
  const left = formatSpan(Date.parse(expiresAt) - now);
  // the sign-in by a link ends with it
  if (state === "used") return `who came by it may stay for ${left}`;
  const used = spentAt === null ? "not used yet" : `last used ${formatAgo(spentAt, now)}`;
  return `${left} left, ${used}`;
}

/** What is asked for a new link. */
export interface LinkDraft {
  readonly role: ViewRole;
  readonly name: string;
  readonly ttlSeconds: number;
  readonly oneTime: boolean;
}

/** One wants to show something more often than to let somebody in: the careful choice comes first. */
export const EMPTY_LINK: LinkDraft = { role: "view", name: "", ttlSeconds: 3600, oneTime: false };

export const LINK_TIMES = [
  [300, "5 minutes"],
  [3600, "1 hour"],
  [86_400, "1 day"],
  [604_800, "7 days"],
] as const;

/** The request that was meant. */
export function linkRequest({ role, name, ttlSeconds, oneTime }: LinkDraft) {
  const trimmed = name.trim();
  return { role, ttlSeconds, oneTime, ...(trimmed === "" ? {} : { name: trimmed }) };
}
