import { fail, manual, pass, seen } from "../../check.ts";
import type { MachineCheck } from "../../machine/check.ts";

export const portsFree: MachineCheck = {
  code: "ports-free",
  title: "The ports of page and API are free",
  explanation: {
    symptom: "`up` ends with PORT_TAKEN",
    cause: "another program listens on `listen` or `webListen`",
    evidence: "listening there fails",
    fix: manual(
      "Stop the program that holds it (`ss -ltnp` names it), or set `listen` or `webListen` to a free port.",
      "that program's users lose it",
    ),
  },
  async look(machine) {
    const wanted = { listen: machine.config.listen, webListen: machine.config.webListen };
    const both = Object.values(wanted).join(" and ");
    if (machine.isRunning) return pass("config", "listen", `BrowserVM itself holds ${both}`);
    for (const [key, address] of Object.entries(wanted)) {
      const at = address.lastIndexOf(":");
      const host = address.slice(0, at).replace(/^\[|\]$/g, "");
      const found = await machine.tryListen(host, Number(address.slice(at + 1)));
      if (found !== "ok")
        return fail(`\`${key}\` cannot be used: ${address}: ${found}`, [
          seen("tcp", `listen ${address}`, found),
        ]);
    }
    return pass("tcp", "listen", `${both} are free`);
  },
};
