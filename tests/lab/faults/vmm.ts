import type { Fault } from "../fault.ts";

export const VMM_FAULTS: readonly Fault[] = [
  {
    name: "vmm-killed",
    story: "somebody kills the VMM",
    facts: "network-facts 4c, no VMM or VMM died; FVN1007",
    inject: { host: ["kill -KILL {pid}"] },
    expect: { code: "vmm-dead", fix: "restart" },
    spoilsVm: true,
  },
  {
    name: "vmm-frozen",
    story: "the VMM is stopped by a signal, a debugger or a frozen cgroup",
    facts: "network-facts 3 and 4c, frozen VMM",
    inject: { host: ["kill -STOP {pid}"] },
    undo: { host: ["kill -CONT {pid}"] },
    expect: { code: "vmm-stopped", symptoms: ["guest-ping-dead"], fix: "command" },
    fast: true,
  },
  {
    name: "vmm-paused",
    story: "the VM was paused through its monitor and not resumed",
    facts: "firecracker-facts 1.2, PATCH /vm Paused",
    inject: { fake: { status: "paused", guest: "dead", agent: "silent" } },
    undo: { fake: {} },
    expect: { code: "vmm-paused", symptoms: ["guest-ping-dead"], fix: "manual" },
  },
];
