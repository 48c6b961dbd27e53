import { fail, type MachineCheck, pass } from "../../machine/check.ts";

export const namespaces: MachineCheck = {
  code: "namespaces",
  title: "A network namespace can be made",
  async look(machine, signal) {
    if (machine.config.network.namespace === "host") return pass("not needed: `network.namespace` is `host`");
    try {
      await machine.output("unshare", ["--net", "true"], signal);
      return pass("`unshare --net true` works");
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      return fail(
        words,
        "Use a kernel with CONFIG_NET_NS; in a container, pass CAP_SYS_ADMIN; or set `network.namespace` to `host`.",
      );
    }
  },
};
