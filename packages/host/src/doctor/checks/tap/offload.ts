import type { PathProbe } from "../../sight/vm-sight.ts";

/** The one face of lost offloads: echo requests, whose checksum is never left to the device, pass, and TCP does not. */
export function answersPingOnly({ toGuest, fromGuest }: PathProbe): boolean {
  const answered = toGuest.pings.some(({ ok }) => ok) || fromGuest?.gateway.ok === true;
  const isLost = (answer: string) => answer === "timeout" || answer === "unreachable";
  return answered && isLost(toGuest.agent) && isLost(toGuest.ssh);
}
