import { isBrowserVmError, sanitizeLine } from "@browservm/contract";
import { type GuestAsked, probeFromGuest } from "./probe-from-guest.ts";
import type { PathProbe, VmSight } from "./vm-sight.ts";

/** A guest under emulation takes seconds to ask its service manager. */
const FACT_MS = 4000;
const LONGEST_MS = 30_000;
const MAX_WORDS = 500;

const UNITS = [
  "browservm-agent.service",
  "browservm-ssh-keys.service",
  "ssh.service",
  "systemd-networkd.service",
];

export interface GuestView {
  readonly guest: VmSight["guest"];
  readonly fromGuest: PathProbe["fromGuest"];
}

/**
 * The guest from inside, over the control channel: its own probes first, then what it sees of its network and what it
 * counted (so that the probes' neighbours and errors are in it). Never rejects for what the guest does or leaves undone.
 */
export async function readGuest(asked: GuestAsked & { readonly hasBrowser: boolean }): Promise<GuestView> {
  const silence = new AbortController();
  const { guest } = asked;
  const options = {
    timeoutMs: Math.min(FACT_MS * asked.patience, LONGEST_MS),
    signal: AbortSignal.any([asked.signal, silence.signal]),
  };
  const optional = <T>(call: Promise<T>): Promise<T | undefined> => call.catch(() => undefined);
  const facts = Promise.all([
    optional(guest.call("services.status", { units: UNITS }, options)),
    asked.hasBrowser ? optional(guest.call("browser.status", {}, options)) : undefined,
  ]);
  try {
    const fromGuest = await probeFromGuest(asked);
    const [network, health, [services, browser]] = await Promise.all([
      guest.call("network.get", {}, options),
      optional(guest.call("health.get", {}, options)),
      facts,
    ]);
    return { guest: { network, services, health, browser }, fromGuest };
  } catch (error) {
    // One unanswered question is enough: the others need not wait for their own deadlines.
    silence.abort();
    await facts;
    return { guest: { silent: wordsOf(error) }, fromGuest: undefined };
  }
}

/** Parts of a refusal may be the guest's own words. */
function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return sanitizeLine(isBrowserVmError(error) ? `${error.code}: ${words}` : words, MAX_WORDS);
}
