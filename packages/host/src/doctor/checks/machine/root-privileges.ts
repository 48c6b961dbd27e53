import { fail, manual, pass, seen, unknown } from "../../check.ts";
import type { MachineCheck } from "../../machine/check.ts";

/** Bits of CapEff (linux/capability.h). */
const NEEDED = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n } as const;
const FILE = "/proc/self/status";
const AS_ROOT = manual(
  "Run it as root (`sudo ./browservm …`); in a container, pass CAP_NET_ADMIN and CAP_SYS_ADMIN.",
);

export const rootPrivileges: MachineCheck = {
  code: "root-privileges",
  title: "This process may make TAPs, bridges and namespaces, and may look at them",
  explanation: {
    symptom: "`up` ends with NOT_PRIVILEGED, and the doctor cannot look at everything",
    cause: "the command does not run as root, or a container withholds capabilities from its root",
    evidence: "CapEff in /proc/self/status",
    fix: AS_ROOT,
  },
  async look(machine) {
    // That the doctor was asked by somebody else is no fault of the machine.
    if (machine.uid !== 0) {
      const words = `the user id is ${machine.uid}, and only root can look at everything`;
      return unknown(words, [seen("procfs", FILE, `uid ${machine.uid}`)], AS_ROOT);
    }
    const line = /^CapEff:\s*([0-9a-f]+)$/m.exec((await machine.readText(FILE)) ?? "")?.[1];
    if (!line) return unknown(`${FILE} names no capabilities`, []);
    const held = BigInt(`0x${line}`);
    const missing = Object.entries(NEEDED).flatMap(([name, bit]) =>
      ((held >> bit) & 1n) === 0n ? [name] : [],
    );
    if (missing.length > 0)
      return fail(`root lacks ${missing.join(" and ")}`, [seen("procfs", FILE, `CapEff ${line}`)]);
    return pass("procfs", FILE, `root with ${Object.keys(NEEDED).join(", ")}`);
  },
};
