import { type Check, fail, restart, skip } from "./check.ts";
import type { DoctorVm } from "./sight/doctor-vm.ts";

/** Asked instead of all others of a VM that holds no address: nothing else can be looked at. */
export const vmWithoutPath: Check<DoctorVm> = {
  code: "vm-without-path",
  layer: "vmm",
  title: "The VM holds an address",
  dependsOn: [],
  breaks: ["carrier", "arp", "ping", "tcp", "large-packets", "egress", "dns", "service"],
  explanation: {
    symptom: "The VM is in the list, and nothing of it can be reached",
    cause: "It has failed and was taken apart, so it has no TAP and no address any more",
    evidence: "There is no reservation for it; the VM's state and reason tell why",
    fix: restart("End this session and make a new one; the kept evidence of this VM tells why it failed."),
  },
  judge({ vmId, state, reason }) {
    if (state !== "failed") return skip("database", `slot of ${vmId}`, `none; the VM is ${state}`);
    const words = reason ? `${reason.code}: ${reason.message}` : "no reason was kept";
    return fail(`the VM has failed and was taken apart (${words})`, [
      { source: "database", subject: `slot of ${vmId}`, excerpt: `none; the VM has failed: ${words}` },
    ]);
  },
};
