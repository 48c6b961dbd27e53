import { type Check, fail, pass, restart, seen, unknown } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutRunningVmm } from "./about-vmm.ts";
import { LINK_AND_PATH } from "./breaks.ts";

const repair = restart(
  "Delete the VM and start it anew through hostd, which starts VMMs in its own network namespace.",
);

export const vmmNamespace: Check<VmSubject> = {
  code: "vmm-namespace",
  layer: "vmm",
  title: "The VMM lives in the network namespace of the bridge",
  dependsOn: ["vmm-dead"],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom:
      "The VMM runs and says nothing is wrong, but the TAP on the bridge is NO-CARRIER and nothing answers.",
    cause:
      "A link's name means something only inside one network namespace. The VMM was started in another one, where it opened, or silently made, a TAP of the same name.",
    evidence: "`readlink /proc/PID/ns/net` of the VMM differs from hostd's.",
    fix: repair,
  },
  judge: aboutRunningVmm(({ host, vm: { vmm, address } }, pid) => {
    const where = `network namespace of process ${pid}`;
    if (vmm.namespaceInode === undefined)
      return unknown(`The network namespace of the VMM (pid ${pid}) cannot be read.`, [
        seen("procfs", where, "not readable"),
      ]);
    if (vmm.namespaceInode === host.namespaceInode) return pass("procfs", where, vmm.namespaceInode);
    return fail(
      `The VMM (pid ${pid}) lives in network namespace ${vmm.namespaceInode}, but ${address.tap} and the bridge are in ${host.namespaceInode}.`,
      [seen("procfs", where, `${vmm.namespaceInode}; hostd's is ${host.namespaceInode}`)],
      repair,
    );
  }),
};
