import { fail, manual, pass, seen } from "../../check.ts";
import type { MachineCheck } from "../../machine/check.ts";

const COMMAND = "unshare --net true";

export const namespaces: MachineCheck = {
  code: "namespaces",
  title: "A network namespace can be made",
  needsRoot: true,
  explanation: {
    symptom: "`up` fails before there is a network",
    cause: "the kernel has no network namespaces, or a container withholds CAP_SYS_ADMIN",
    evidence: "`unshare --net true` fails",
    fix: manual(
      "Use a kernel with CONFIG_NET_NS; in a container, pass CAP_SYS_ADMIN; or set `network.namespace` to `host`.",
    ),
  },
  async look(machine, signal) {
    if (machine.config.network.namespace === "host")
      return pass("config", "network.namespace", "not needed: it is `host`");
    try {
      await machine.output("unshare", ["--net", "true"], signal);
      return pass("process", COMMAND, "it works");
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      return fail("no network namespace can be made here", [seen("process", COMMAND, words)]);
    }
  },
};
