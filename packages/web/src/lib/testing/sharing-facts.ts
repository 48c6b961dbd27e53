import { Viewer, ViewerId, ViewLink } from "@browservm/contract";
import { at } from "./session-facts.ts";

/** An id that one reads at a glance: `viewerId("a")`. */
export const viewerId = (letter: string) => ViewerId.parse(`vwr_${letter.repeat(20)}`);

/** Somebody who came by a link, may have the control, and does not; changed as a test needs it. */
export const viewerFact = (letter: string, over: Partial<Viewer> = {}): Viewer =>
  Viewer.parse({
    id: viewerId(letter),
    name: letter,
    via: "link",
    linkId: null,
    canControl: true,
    hasControl: false,
    asksSince: null,
    since: at(-60),
    ...over,
  });

/** A link that was not used yet. */
export const linkFact = (over: Partial<ViewLink> = {}): ViewLink =>
  ViewLink.parse({
    id: `lnk_${"a".repeat(20)}`,
    role: "view",
    oneTime: false,
    name: null,
    createdAt: at(-60),
    expiresAt: at(3600),
    spentAt: null,
    revokedAt: null,
    ...over,
  });
