import { BrowserVmError } from "@browservm/contract";
import type { GateStepDefinition } from "../gate-step.ts";
import { ARP_WAIT_MS } from "../silent-address.ts";

export const planStep: GateStepDefinition = {
  id: "R1",
  budgetMs: 2000,
  async prove({ network, vmId, address }, { note }) {
    const reserved = network.addressOf(vmId);
    note("database", `slot of ${vmId}`, JSON.stringify(reserved ?? null));
    if (reserved?.ip !== address.ip || reserved.mac !== address.mac) {
      throw new BrowserVmError("GATE_PLAN", `the reservation of ${vmId} is not what the VM was given`, {
        reserved,
        address,
      });
    }
    const answers = await network.look.arp(address.ip, ARP_WAIT_MS);
    note("arp", `who-has ${address.ip}`, answers.join(", ") || "no answer");
    const others = answers.filter((mac) => mac !== address.mac);
    if (others.length > 0)
      throw new BrowserVmError("GATE_PLAN", `${address.ip} is also answered by ${others.join(", ")}`, {
        others,
      });
    return "pass";
  },
};
