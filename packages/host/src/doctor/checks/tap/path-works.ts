import type { PathProbe } from "../../sight/vm-sight.ts";

/** Whether the probe's packets passed both ways, as far as they were sent. */
export function pathWorks(probe: PathProbe | undefined): boolean {
  if (!probe) return false;
  const { toGuest, fromGuest } = probe;
  const arrives = (answer: string) => answer === "open" || answer === "refused";
  return (
    toGuest.pings.length > 0 &&
    toGuest.pings.every(({ ok }) => ok) &&
    arrives(toGuest.agent) &&
    (fromGuest === undefined || (fromGuest.gateway.ok && arrives(fromGuest.closedPort)))
  );
}
