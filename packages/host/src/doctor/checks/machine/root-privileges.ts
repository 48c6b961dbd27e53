import { fail, type MachineCheck, pass, unknown } from "../../machine/check.ts";

/** Bits of CapEff (linux/capability.h). */
const NEEDED = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n } as const;
const FIX = "Run it as root (`sudo ./browservm …`); in a container, pass CAP_NET_ADMIN and CAP_SYS_ADMIN.";

export const rootPrivileges: MachineCheck = {
  code: "root-privileges",
  title: "This process may make TAPs, bridges and namespaces",
  async look(machine) {
    if (machine.uid !== 0) return fail(`the user id is ${machine.uid}`, FIX);
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(
      (await machine.readText("/proc/self/status")) ?? "",
    )?.[1];
    if (!effective) return unknown("/proc/self/status names no capabilities", FIX);
    const held = BigInt(`0x${effective}`);
    const missing = Object.entries(NEEDED).filter(([, bit]) => ((held >> bit) & 1n) === 0n);
    if (missing.length > 0) return fail(`root without ${missing.map(([name]) => name).join(", ")}`, FIX);
    return pass(`root with ${Object.keys(NEEDED).join(", ")}`);
  },
};
