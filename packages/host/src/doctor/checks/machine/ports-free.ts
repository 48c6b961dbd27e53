import { fail, type MachineCheck, pass } from "../../machine/check.ts";

export const portsFree: MachineCheck = {
  code: "ports-free",
  title: "The ports of page and API are free",
  async look(machine) {
    const wanted = { listen: machine.config.listen, webListen: machine.config.webListen };
    if (machine.isRunning) return pass(`BrowserVM itself holds ${Object.values(wanted).join(" and ")}`);
    for (const [key, address] of Object.entries(wanted)) {
      const at = address.lastIndexOf(":");
      const host = address.slice(0, at).replace(/^\[|\]$/g, "");
      const found = await machine.tryListen(host, Number(address.slice(at + 1)));
      if (found !== "ok")
        return fail(
          `${address}: ${found}`,
          `Stop the program that holds it (\`ss -ltnp\` names it), or set \`${key}\` to a free port.`,
        );
    }
    return pass(`${Object.values(wanted).join(" and ")} are free`);
  },
};
