import { fail, manual, pass, seen, warn } from "../../check.ts";
import type { MachineCheck } from "../../machine/check.ts";

const DEVICE = "/dev/kvm";

export const kvmAccess: MachineCheck = {
  code: "kvm-access",
  title: "KVM can be opened, so that guests run at the machine's speed",
  // Its mode is 0660: EACCES of somebody else says nothing about this machine.
  needsRoot: true,
  explanation: {
    symptom: "VMs start in minutes instead of seconds, and their accelerator is tcg",
    cause: "the processor's virtualization is switched off, not passed on by the cloud, or kvm is not loaded",
    evidence: "open(/dev/kvm) fails",
    fix: manual("Enable virtualization in the firmware or in the cloud's settings, then `modprobe kvm`."),
  },
  async look(machine) {
    if (machine.config.vmm.driver === "container")
      return pass("config", "vmm.driver", "not needed: containers have the machine's own kernel and speed");
    const found = await machine.openDevice(DEVICE);
    if (found === "ok")
      return pass("file", DEVICE, "it opens; `up` still proves by a small boot that it works");
    const evidence = [seen("file", DEVICE, `open: ${found}`)];
    if (machine.config.vmm.accelerator === "kvm")
      return fail(
        `${DEVICE} cannot be opened (${found}), and \`vmm.accelerator\` is \`kvm\``,
        evidence,
        manual(
          "Enable virtualization in the firmware or the cloud's settings, or set `vmm.accelerator` to `auto`.",
        ),
      );
    return warn(
      `${DEVICE} cannot be opened (${found}): guests are emulated, about ten times slower`,
      evidence,
    );
  },
};
