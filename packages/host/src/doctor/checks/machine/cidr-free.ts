import { isBrowserVmError } from "@browservm/contract";
import { z } from "zod";
import { refuseClash } from "../../../net/cidr.ts";
import { parseRange } from "../../../net/ipv4.ts";
import { MachineNames } from "../../../net/machine-names.ts";
import { fail, type Judgement, manual, pass, seen } from "../../check.ts";
import type { MachineCheck } from "../../machine/check.ts";

const Routes = z.array(z.object({ dst: z.string(), dev: z.string().optional() }));
type Routes = z.infer<typeof Routes>;
const COMMAND = "ip -4 route show";

const freeRange = (suggestion?: unknown) =>
  manual(
    `Set \`network.cidr\` (BROWSERVM_NETWORK__CIDR) to a free range${suggestion ? `, e.g. ${suggestion}` : ""}.`,
    "running sessions must end first",
  );

export const cidrFree: MachineCheck = {
  code: "cidr-free",
  title: "The guests' address range is not in use on this machine",
  explanation: {
    symptom: "`up` refuses to start, or guests and another network take each other's packets",
    cause: "another interface of this machine has a route into `network.cidr`",
    evidence: "a line of `ip -4 route show` that overlaps the range",
    fix: freeRange(),
  },
  async look(machine, signal) {
    const { cidr, bridge, namespace, uplink } = machine.config.network;
    if (namespace === "isolated" && uplink === "none")
      return pass("config", "network", "not needed: the guests' network is apart");
    if (machine.isRunning) return pass("config", "network.cidr", `BrowserVM itself uses ${cidr}`);
    const ours = [bridge, new MachineNames(machine.config).link];
    const text = await machine.output("ip", ["-4", "-j", "route", "show"], signal);
    const routes = Routes.parse(JSON.parse(text));
    return judge(
      cidr,
      routes.filter(({ dst, dev }) => dst !== "default" && !ours.includes(dev ?? "")),
    );
  },
};

function judge(cidr: string, taken: Routes): Judgement {
  const ranges = taken.map(({ dst, dev = "" }) => ({
    ...parseRange(dst.includes("/") ? dst : `${dst}/32`),
    dev,
  }));
  try {
    refuseClash(cidr, ranges);
    return pass("netlink", COMMAND, `no route meets ${cidr}`);
  } catch (error) {
    if (!isBrowserVmError(error)) throw error;
    const lines = taken.map(({ dst, dev }) => `${dst} dev ${dev ?? "?"}`).join("\n");
    return fail(error.message, [seen("netlink", COMMAND, lines)], freeRange(error.details.suggestion));
  }
}
