import { CLOSE_CODES, ERRORS, isErrorCode } from "@browservm/contract";

/** How a WebSocket ended: its code (RFC 6455 §7.4.1) and the other side's words. */
export interface WireEnd {
  readonly code: number;
  readonly reason: string;
  /** Whether pixels had arrived before. */
  readonly wasLive: boolean;
}

export interface DropReason {
  readonly title: string;
  readonly what: string;
  /** Set where nothing is tried by itself: only when the reader asks for it, or not at all. */
  readonly comesBack?: "asked" | "never";
}

const PAUSED: DropReason = {
  title: "The session is paused",
  what: "Its memory is on disk. The picture comes back when it is resumed.",
};

const NAMED: Readonly<Record<number, DropReason>> = {
  [CLOSE_CODES.sessionEnded]: { title: "The session is over", what: "Its machine is gone." },
  [CLOSE_CODES.streamLost]: {
    title: "The VM's display went away",
    what: "It may come back: this page keeps trying.",
  },
  [CLOSE_CODES.credentialsExpired]: {
    title: "Your access has expired",
    what: "Sign in again with the link that “browservm open” prints.",
  },
  [CLOSE_CODES.unresponsive]: {
    title: "This page did not answer",
    what: "Your machine slept, or its network stood still.",
  },
  [CLOSE_CODES.removed]: {
    title: "You were sent away",
    what: "Somebody closed your view of this session, or the link that you came by is of no use any more.",
    comesBack: "never",
  },
  [CLOSE_CODES.replaced]: {
    title: "It is open in another place",
    what: "This view came again from another tab or connection, and goes on there.",
    comesBack: "asked",
  },
  [CLOSE_CODES.goingAway]: {
    title: "The server is restarting",
    what: "The browser goes on; the picture comes back.",
  },
};

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Says why the live view is gone, in words that help. A code of the error table speaks for itself. */
export function dropReason({ code, reason, wasLive }: WireEnd): DropReason {
  if (code === CLOSE_CODES.sessionPaused) return PAUSED;
  const said = NAMED[code];
  // what the page does next hangs on it, whatever else the other side says
  if (said?.comesBack !== undefined) return said;
  const word = reason.split(/[:\s]/)[0] ?? "";
  if (isErrorCode(word)) return { title: capital(ERRORS[word].title), what: ERRORS[word].fix };
  if (said) return said;
  if (code === 1006 && wasLive)
    return {
      title: "The connection broke off",
      what: "Your network or the controller went away for a moment.",
    };
  if (code === 1006)
    return {
      title: "No connection",
      what: "The controller did not accept the connection, or cannot be reached.",
    };
  if (code === 1008)
    return { title: "The live view was refused", what: reason || "Sign in again, then reload the page." };
  if (code === 1011)
    return { title: "The way to the VM broke", what: reason || "The VM's display closed the connection." };
  return { title: "The live view ended", what: reason || "The VM's display closed the connection." };
}
