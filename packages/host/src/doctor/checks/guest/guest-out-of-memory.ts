import { findConsoleFault } from "../../../logs/explain-console.ts";
import { type Check, fail, manual, pass, restart, type Seen, seen, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";

/** Share of memory below which a guest has none left. */
const NOTHING_LEFT = 0.03;

const more = manual("Give the VM more memory (`memoryMib`), or close what uses it.", "a restart of the VM");
const renew = restart("Delete the VM and start a new one with more memory (`memoryMib`).");

export const guestOutOfMemory: Check<VmSubject> = {
  code: "guest-out-of-memory",
  layer: "guest",
  title: "The guest has memory left",
  dependsOn: [],
  // A guest without memory hangs or panics, too.
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "A program of the guest is gone from one moment to the next (the browser first), or all of it hangs.",
    cause: "The guest's kernel had no memory left and killed a process, or gave up.",
    evidence:
      "The console or the guest's journal says `Out of memory: Killed process`; `oom_kill` in /proc/vmstat is above zero.",
    fix: more,
  },
  judge: ({ vm: { guest, console, probe } }) => {
    const said = findConsoleFault(console);
    const line = said?.code === "GUEST_OUT_OF_MEMORY" ? said.line : undefined;
    const onConsole = line ? [seen("console", "out of memory", line)] : [];
    if ("silent" in guest) {
      if (!line) return pass("console", "its end", "no word of memory");
      return fail(`The guest ran out of memory, and is silent since: ${line}`, onConsole, renew);
    }
    const { health, browser } = guest;
    const kills = health?.oomKills ?? 0;
    const left = health ? `${health.memory.availableKib} of ${health.memory.totalKib} KiB` : "not told";
    if (kills === 0 && !line)
      return pass("control-channel", "memory of the guest", `${left} left, nothing killed`);
    const evidence: Seen[] = [
      seen("control-channel", "health of the guest", `oom_kill ${kills}, ${left} left`),
      ...onConsole,
    ];
    const killed = `The guest's kernel killed ${kills || "some"} process${kills === 1 ? "" : "es"} for want of memory`;
    const dead = [
      ...(health?.failedUnits.map(({ name }) => name) ?? []),
      ...(browser && !browser.running ? ["the browser"] : []),
      ...(probe?.toGuest.agent === "refused" ? ["the agent's port"] : []),
    ];
    if (dead.length > 0) return fail(`${killed}; now ${dead.join(", ")} is down.`, evidence, more);
    if (health && health.memory.availableKib < health.memory.totalKib * NOTHING_LEFT)
      return fail(`${killed}, and only ${left} are left.`, evidence, more);
    return warn(`${killed} since it booted; what is asked for runs, and ${left} are left.`, evidence, more);
  },
};
