import { fail, type MachineCheck, pass, unknown, warn } from "../../machine/check.ts";

/** One browser VM has 2048 MiB by default; the VMM and we ourselves need some more. */
const ONE_SESSION_MIB = 2560;
const LEAST_MIB = 1024;

export const memory: MachineCheck = {
  code: "memory",
  title: "There is memory for a browser VM",
  async look(machine) {
    const meminfo = (await machine.readText("/proc/meminfo")) ?? "";
    const available = Number(/^MemAvailable:\s*(\d+) kB$/m.exec(meminfo)?.[1]) / 1024;
    const fix = "End other programs, or give the sessions less (`memoryMib`).";
    if (Number.isNaN(available)) return unknown("/proc/meminfo names no MemAvailable", fix);
    const evidence = `${Math.floor(available)} MiB available`;
    if (available < LEAST_MIB) return fail(`${evidence}; the least is ${LEAST_MIB}`, fix);
    return available < ONE_SESSION_MIB
      ? warn(`${evidence}; one browser VM takes up to ${ONE_SESSION_MIB}`, fix)
      : pass(evidence);
  },
};
