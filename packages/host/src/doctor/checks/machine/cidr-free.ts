import { isBrowserVmError } from "@browservm/contract";
import { z } from "zod";
import { refuseClash } from "../../../net/cidr.ts";
import { parseRange } from "../../../net/ipv4.ts";
import { MachineNames } from "../../../net/machine-names.ts";
import { fail, type MachineCheck, pass, unknown } from "../../machine/check.ts";

const Routes = z.array(z.object({ dst: z.string(), dev: z.string().optional() }));

export const cidrFree: MachineCheck = {
  code: "cidr-free",
  title: "The guests' address range is not in use on this machine",
  async look(machine, signal) {
    const { cidr, bridge, namespace, uplink } = machine.config.network;
    const ours = [bridge, new MachineNames(machine.config).link];
    if (namespace === "isolated" && uplink === "none")
      return pass("not needed: the guests' network is apart");
    if (machine.isRunning) return pass(`BrowserVM itself uses ${cidr}`);
    let routes: z.infer<typeof Routes>;
    try {
      routes = Routes.parse(JSON.parse(await machine.output("ip", ["-4", "-j", "route", "show"], signal)));
    } catch (error) {
      return unknown(error instanceof Error ? error.message : String(error), "Install iproute2.");
    }
    const taken = routes.filter(({ dst, dev }) => dst !== "default" && !ours.includes(dev ?? ""));
    try {
      refuseClash(
        cidr,
        taken.map(({ dst, dev }) => ({
          ...parseRange(dst.includes("/") ? dst : `${dst}/32`),
          dev: dev ?? "",
        })),
      );
      return pass(`no route meets ${cidr}`);
    } catch (error) {
      if (!isBrowserVmError(error)) throw error;
      const { suggestion } = error.details;
      return fail(
        error.message,
        `Set \`network.cidr\` (BROWSERVM_NETWORK__CIDR) to a free range${suggestion ? `, e.g. ${suggestion}` : ""}.`,
      );
    }
  },
};
