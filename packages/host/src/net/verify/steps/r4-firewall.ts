import { BrowserVmError } from "@browservm/contract";
import type { GateStepDefinition } from "../gate-step.ts";

export const firewallStep: GateStepDefinition = {
  id: "R4",
  budgetMs: 5000,
  async prove({ network, address }, { note }) {
    const { loaded, planned, member, foreign, counters } = await network.look.firewall(address);
    note("nft", "generation of our rules", `loaded ${loaded ?? "none"}, planned ${planned}`);
    note(
      "nft",
      `${address.tap} . ${address.mac} . ${address.ip}`,
      member ? "is in the sets" : "is missing in a set",
    );
    note("nft", "counters", JSON.stringify(counters));
    for (const rule of foreign) note("nft", "rule of another program", rule);
    if (loaded !== planned)
      throw new BrowserVmError("GATE_FIREWALL", "our rules are not loaded, or were changed", {
        loaded,
        planned,
      });
    if (!member)
      throw new BrowserVmError("GATE_FIREWALL", `${address.tap} is missing in the firewall's sets`);
    if (foreign.length > 0)
      throw new BrowserVmError(
        "GATE_FIREWALL",
        `another program's rule drops this VM's traffic: ${foreign[0]}`,
        { foreign },
      );
    return "pass";
  },
};
