import type { LinkFacts } from "../../../net/facts.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";

const FORWARDING = 3; // BR_STATE_FORWARDING, linux/if_bridge.h

/** Whatever link has the name of this VM's TAP. */
export const findTap = ({ host, vm }: VmSubject): LinkFacts | undefined =>
  host.links.find(({ name }) => name === vm.address.tap);

/** Whether frames pass between this link and the bridge as far as the links themselves decide it. */
export const isForwarding = (tap: LinkFacts, bridge: LinkFacts | undefined): boolean =>
  bridge?.up === true &&
  tap.master === bridge.index &&
  tap.up &&
  tap.carrier &&
  tap.port?.state === FORWARDING;

/** A link as `ip -d link` tells it, in short. */
export function describeLink(link: LinkFacts, links: readonly LinkFacts[]): string {
  const { up, carrier, noArp, mtu, txQueueLength, master, port, kind } = link;
  const flags = [up ? "UP" : "DOWN", carrier ? "LOWER_UP" : "NO-CARRIER", ...(noArp ? ["NOARP"] : [])].join(
    ",",
  );
  const masterName = links.find(({ index }) => index === master)?.name ?? `ifindex ${master}`;
  const place = master === 0 ? "no master" : `master ${masterName}`;
  const state = port ? ` port state ${port.state}` : "";
  return `<${flags}> ${kind || "plain device"} mtu ${mtu} qlen ${txQueueLength} ${place}${state}`;
}
