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
  const left = count(bridge, "tx");
  const taken = count(tap, "tx");
  const returned = count(tap, "rx");
  if (!passed(bridge?.tx) && !passed(tap?.tx))
    return { at: "host", words: `${what} did not leave by ${names.bridge} (${left} did)` };
  if (!passed(tap?.tx)) {
    const dropped = tap && tap.txDropped > 0 ? `; ${names.tap} dropped ${tap.txDropped}` : "";
    return {
      at: "bridge",
      words: `${what} left ${names.bridge}, but the VMM took ${taken} of them from ${names.tap}${dropped}`,
    };
  }
  if (passed(tap?.rx)) {
    const back = `the guest's answers reached ${names.tap} (${returned})`;
    return passed(bridge?.rx)
      ? { at: "host", words: `${back} and ${names.bridge}, and were lost in the host behind it` }
      : { at: "tap", words: `${back}, but ${count(bridge, "rx")} of them went on to ${names.bridge}` };
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

/** Ping passes, so what is dead lies above it: both kernels have it in their hands. */
function byService({ vmId, probe }: VmSight): LastSeen | undefined {
  if (!probe) return undefined;
  const { tap, toGuest } = probe;
  return {
    vmId,
    at: "guest",
    words: `pings of the host are answered, so packets pass both ways (TAP rx ${count(tap, "rx")}, tx ${count(tap, "tx")}); the agent's port: ${toGuest.agent}`,
  };
}

const count = (delta: PacketDelta | undefined, direction: "rx" | "tx"): string =>
  delta ? String(delta[direction]) : "no";
