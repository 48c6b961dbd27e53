import type { LastSeen } from "@browservm/contract";
import type { HostSight, PacketDelta } from "./sight/host-sight.ts";
import type { Burst, VmSight } from "./sight/vm-sight.ts";

/** Of the packets sent, how many must have passed a point for us to say that they do. */
const MOST = 0.8;

/** How far the packets of a dead path got, by counters alone; undefined when it was not probed. */
export function lastSeen({ plan }: Pick<HostSight, "plan">, vm: VmSight): LastSeen | undefined {
  const { probe, vmId } = vm;
  if (!probe) return undefined;
  if (!probe.burst) return byService(vm);
  const { at, words } = byBurst(probe.burst, { bridge: plan.bridge, tap: vm.address.tap });
  return { vmId, at, words };
}

interface Names {
  readonly bridge: string;
  readonly tap: string;
}

/** Walks the way of the packets: out of the bridge, into the TAP, into the guest, and back. */
export function byBurst(burst: Burst, names: Names): Pick<LastSeen, "at" | "words"> {
  const { sent, kind, bridge, tap, guestReceived } = burst;
  const what = `${sent} ${kind === "echo" ? "pings" : "ARP requests"} of the host`;
  const passed = (count: number | undefined): boolean => (count ?? 0) >= sent * MOST;
  if (!passed(bridge?.tx) && !passed(tap?.tx))
    return {
      at: "host",
      words: `${what} did not leave by ${names.bridge} (${moved(bridge, "tx", names.bridge)})`,
    };
  if (!tap || !passed(tap.tx)) {
    const dropped = tap && tap.txDropped > 0 ? `, which dropped ${tap.txDropped}` : "";
    const words = `${what} left ${names.bridge}, but were not taken from ${names.tap}${dropped}`;
    return { at: "bridge", words: `${words} (${moved(tap, "tx", names.tap)})` };
  }
  const returned = tap.rx;
  if (passed(returned)) {
    const back = `the guest's answers reached ${names.tap} (${returned})`;
    return passed(bridge?.rx)
      ? { at: "host", words: `${back} and ${names.bridge}, and were lost in the host behind it` }
      : {
          at: "tap",
          words: `${back}, but did not go on to ${names.bridge} (${moved(bridge, "rx", names.bridge)})`,
        };
  }
  if (passed(guestReceived))
    return {
      at: "guest",
      words: `${what} were received by the guest's kernel, but ${returned} answers came back to ${names.tap}`,
    };
  const inside = guestReceived === undefined ? "" : `; its kernel received ${guestReceived} of them`;
  return {
    at: "tap",
    words: `the VMM took ${what} from ${names.tap}, and ${returned} answers came back from the guest${inside}`,
  };
}

/** Pings of the host are answered, so packets pass both ways; what is dead lies above, or begins in the guest. */
function byService({ vmId, probe }: VmSight): LastSeen | undefined {
  if (!probe) return undefined;
  const { tap, toGuest, fromGuest } = probe;
  const answers = [
    `pings of the host are answered (TAP: ${tap?.tx ?? 0} packets to the guest, ${tap?.rx ?? 0} from it)`,
    `TCP to the agent's port: ${toGuest.agent}`,
    ...(fromGuest
      ? [
          `the guest's ping of its gateway: ${fromGuest.gateway.ok ? "answered" : (fromGuest.gateway.error ?? "no answer")}`,
          `its TCP to the gateway: ${fromGuest.closedPort}`,
        ]
      : []),
  ];
  return { vmId, at: fromGuest?.gateway.ok === false ? "tap" : "guest", words: answers.join("; ") };
}

const moved = (delta: PacketDelta | undefined, direction: "rx" | "tx", link: string): string =>
  delta ? `${delta[direction]} counted` : `${link} is not there, or was made anew meanwhile`;
