import type { LinkFacts } from "../facts.ts";
import { CANARY_PORT } from "../names.ts";
import { bridgeGone } from "./bridge-steps.ts";
import type { CurrentNetwork, HeldAddress, NetworkTarget } from "./network-target.ts";
import type { NetStep } from "./step.ts";

const FORWARDING = 3; // BR_STATE_FORWARDING, linux/if_bridge.h
const OPER_UP = 6; // IF_OPER_UP, linux/if.h
/** DEFAULT_TX_QUEUE_LEN, include/uapi/linux/pkt_sched.h */
const QUEUE_LENGTH = 1000;

/** Whether a link is a port of this bridge as all ports of ours must be. */
export const isPlugged = (link: LinkFacts, bridge: LinkFacts | undefined, mtu: number): boolean =>
  bridge !== undefined &&
  link.master === bridge.index &&
  link.up &&
  link.mtu === mtu &&
  link.port?.isolated === true;

/** The TAPs of VMs. One that no VM holds is left alone: reclaiming is not making. */
export function planTaps(current: CurrentNetwork, target: NetworkTarget): NetStep[] {
  const taps = new Map(current.taps.map((tap) => [tap.name, tap]));
  return target.held.flatMap((held) => {
    const tap = taps.get(held.address.tap);
    return tap ? planTap(tap, held, { current, target }) : [];
  });
}

interface Both {
  readonly current: CurrentNetwork;
  readonly target: NetworkTarget;
}

function planTap(tap: LinkFacts, { vmId }: HeldAddress, { current, target }: Both): NetStep[] {
  const because = (code: string, cause: string) => ({ code, cause, vmId });
  return [
    ...planPlace(tap, { current, target }, because),
    ...(tap.txQueueLength === 0
      ? [
          {
            do: "setLink",
            name: tap.name,
            change: { queueLength: QUEUE_LENGTH },
            because: because(
              "tap-queue-length",
              `${tap.name} has a queue of length 0, so it drops everything`,
            ),
          } as const,
        ]
      : []),
    ...current.addresses
      .filter(({ ifindex }) => ifindex === tap.index)
      .map((address): NetStep => {
        const cause = `${tap.name} has the address ${address.ip}/${address.prefix}; a bridge port must have none`;
        return { do: "removeAddress", name: tap.name, address, because: because("tap-address", cause) };
      }),
  ];
}

type Why = (code: string, cause: string) => NetStep["because"];

function planPlace(tap: LinkFacts, { current, target }: Both, because: Why): NetStep[] {
  const { bridge } = target;
  const { name, master } = tap;
  if (current.bridge !== undefined && master === current.bridge.index)
    return planPort(tap, current.bridge, { target, because });
  const other = current.names.get(master) ?? `link ${master}`;
  const lost =
    master === 0
      ? because("tap-orphan", `${name} is plugged into no bridge`)
      : because("tap-wrong-bridge", `${name} is plugged into ${other}, not into ${bridge.name}`);
  return [{ do: "plugPort", name, bridge, because: bridgeGone(current, target) ?? lost }];
}

function planPort(
  tap: LinkFacts,
  bridge: LinkFacts,
  { target, because }: { readonly target: NetworkTarget; readonly because: Why },
): NetStep[] {
  const { name, port } = tap;
  const { mtu } = target.bridge;
  const steps: Array<NetStep | false> = [
    tap.mtu !== mtu && {
      do: "setLink",
      name,
      change: { mtu },
      because: because("tap-mtu", `${name} has MTU ${tap.mtu}, not ${mtu}`),
    },
    port?.isolated === false && {
      do: "setPort",
      name,
      change: { isolated: true },
      because: because("port-not-isolated", `${name} is not isolated from other guests`),
    },
    // Each alone is harmless: unknown addresses are flooded, or known ones are learnt.
    port?.flood === false &&
      !port.learning && {
        do: "setPort",
        name,
        change: { flood: true, learning: true },
        because: because("port-flood-off", `${name} neither floods nor learns, so nothing finds the guest`),
      },
    !tap.up && {
      do: "setLink",
      name,
      change: { up: true },
      because: because("tap-down", `${name} is down`),
    },
    isBlocked(tap, bridge) && {
      do: "setPort",
      name,
      change: { state: FORWARDING },
      because: because("port-blocked", `port ${name} has carrier but is in state ${port?.state}`),
    },
  ];
  return steps.filter((step) => step !== false);
}

/** With STP the kernel itself blocks ports; without, only a hand does. Until linkwatch ran (operstate) it is early. */
const isBlocked = (tap: LinkFacts, bridge: LinkFacts): boolean =>
  tap.up &&
  bridge.up &&
  tap.carrier &&
  tap.operstate === OPER_UP &&
  !bridge.bridge?.stp &&
  tap.port?.state !== FORWARDING;

/** The canary and its port. */
export function planCanary(current: CurrentNetwork, target: NetworkTarget): NetStep[] {
  const { canary, bridge } = target;
  if (!canary) return [];
  const { alive, port } = current.canary;
  const because = (cause: string) => bridgeGone(current, target) ?? ({ code: "canary-dead", cause } as const);
  if (!alive) return [{ do: "startCanary", canary, because: because("the canary does not run") }];
  if (!port) return [{ do: "startCanary", canary, because: because("the canary's port is gone") }];
  if (isPlugged(port, current.bridge, bridge.mtu)) return [];
  const cause = `${CANARY_PORT} is not plugged, isolated and up`;
  return [{ do: "plugPort", name: CANARY_PORT, bridge, because: because(cause) }];
}
