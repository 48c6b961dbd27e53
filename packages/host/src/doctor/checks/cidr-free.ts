import { z } from "zod";
import { type Check, fail, pass, unknown } from "../check.ts";
import { overlaps, suggestCidr } from "../cidr.ts";

const Routes = z.array(z.object({ dst: z.string(), dev: z.string().optional() }));

export const cidrFree: Check = {
  code: "cidr-free",
  title: "The guests' address range is not in use on this machine",
  async look(machine, signal) {
    const { cidr, bridge, namespace, uplink } = machine.config.network;
    if (namespace === "isolated" && uplink === "none")
      return pass("not needed: the guests' network is apart");
    if (machine.isRunning) return pass(`BrowserVM itself uses ${cidr}`);
    let routes: z.infer<typeof Routes>;
    try {
      routes = Routes.parse(JSON.parse(await machine.output("ip", ["-4", "-j", "route", "show"], signal)));
    } catch (error) {
      return unknown(error instanceof Error ? error.message : String(error), "Install iproute2.");
    }
    const taken = routes.filter(({ dst, dev }) => dst !== "default" && dev !== bridge);
    const clash = taken.find(({ dst }) => overlaps(dst, cidr));
    if (!clash) return pass(`no route meets ${cidr}`);
    const suggestion = suggestCidr(taken.map(({ dst }) => dst));
    return fail(
      `${clash.dst} is routed by ${clash.dev ?? "this machine"} and meets ${cidr}`,
      `Set \`network.cidr\` (BROWSERVM_NETWORK__CIDR) to a free range${suggestion ? `, e.g. ${suggestion}` : ""}.`,
    );
  },
};
