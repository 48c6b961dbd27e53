import { randomBytes } from "node:crypto";
import { makeId, ViewerId } from "@browservm/contract";
import type { Principal } from "../auth/principal.ts";
import type { Person } from "./seat.ts";

const NAME_CHARS = 60;
/** Control characters, line ends, and marks that turn the direction of the text around them. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu;

/** Who a viewer is, as its credentials say. Without an id of its own it gets a fresh one. */
export function personOf(principal: Principal, id: ViewerId | undefined): Person {
  const isGuest = principal.role === "link";
  return {
    id: id ?? ViewerId.parse(makeId("vwr", randomBytes(20))),
    name: printable(principal.name) || (isGuest ? "guest" : "operator"),
    via: isGuest ? "link" : "operator",
    linkId: principal.linkId,
    canControl: principal.canControl,
    scope: principal.scope,
  };
}

/** Names of API keys may hold anything; these are shown to others. */
const printable = (name: string | null): string =>
  [...(name ?? "").replace(UNPRINTABLE, " ").trim()].slice(0, NAME_CHARS).join("");
