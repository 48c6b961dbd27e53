import { fail, manual, pass, seen, unknown, warn } from "../../check.ts";
import type { MachineCheck } from "../../machine/check.ts";

/** One browser VM has 2048 MiB by default; the VMM and we ourselves need some more. */
const ONE_SESSION_MIB = 2560;
const LEAST_MIB = 1024;
const FILE = "/proc/meminfo";

export const memory: MachineCheck = {
  code: "memory",
  title: "There is memory for a browser VM",
  explanation: {
    symptom: "VMs are killed, or do not start (HOST_OUT_OF_MEMORY)",
    cause: "other programs, or the VMs that run, use the machine's memory",
    evidence: "MemAvailable in /proc/meminfo",
    fix: manual("End other programs or sessions, or give the sessions less (`memoryMib`)."),
  },
  async look(machine) {
    const meminfo = (await machine.readText(FILE)) ?? "";
    const available = Math.floor(Number(/^MemAvailable:\s*(\d+) kB$/m.exec(meminfo)?.[1]) / 1024);
    if (Number.isNaN(available)) return unknown(`${FILE} names no MemAvailable`, []);
    const words = `${available} MiB available`;
    const evidence = [seen("procfs", FILE, words)];
    // Beside VMs that run, it only says that there is no room for one more.
    if (available < LEAST_MIB && !machine.isRunning)
      return fail(`${words}; the least is ${LEAST_MIB}`, evidence);
    if (available < ONE_SESSION_MIB)
      return warn(`${words}; one browser VM takes up to ${ONE_SESSION_MIB}`, evidence);
    return pass("procfs", FILE, words);
  },
};
