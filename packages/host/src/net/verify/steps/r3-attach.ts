import { BrowserVmError } from "@browservm/contract";
import type { GateStepDefinition } from "../gate-step.ts";
import { until } from "../until.ts";

/** BR_STATE_FORWARDING, linux/if_bridge.h */
const FORWARDING = 3;

export const attachStep: GateStepDefinition = {
  id: "R3",
  // linkwatch may lag a second behind the truth (network-facts.md §3).
  budgetMs: 2500,
  async prove({ network, address, vmmPid }, { note, signal }) {
    const holders = network.look.holders(address.tap);
    note(
      "procfs",
      `fdinfo iff: ${address.tap}`,
      holders.length > 0 ? `held by pid ${holders.join(", ")}` : "held by nobody",
    );
    if (!holders.includes(vmmPid)) {
      const who = holders.length > 0 ? `pid ${holders.join(", ")} holds it instead` : "no process holds it";
      throw new BrowserVmError(
        "GATE_ATTACH",
        `the VMM (pid ${vmmPid}) does not hold ${address.tap}: ${who}`,
        { holders },
      );
    }
    await until(signal, 50, async () => {
      const tap = network.look.link(address.tap);
      if (!tap?.carrier)
        throw new BrowserVmError("GATE_ATTACH", `${address.tap} has no carrier although the VMM holds it`);
      if (tap.port?.state !== FORWARDING)
        throw new BrowserVmError(
          "GATE_ATTACH",
          `port ${address.tap} is in state ${tap.port?.state}, not forwarding`,
        );
      // Only on the attached fd does the flag say something: the opener's flags replace the creator's.
      if (tap.tun?.vnetHdr !== true)
        throw new BrowserVmError("GATE_ATTACH", "the VMM opened its TAP without IFF_VNET_HDR");
      note(
        "netlink",
        `link ${address.tap}`,
        `carrier 1, forwarding, vnet_hdr on, carrier_changes ${tap.carrierChanges}`,
      );
    });
    return "pass";
  },
};
