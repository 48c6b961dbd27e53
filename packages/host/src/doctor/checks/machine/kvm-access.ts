import { fail, type MachineCheck, pass, warn } from "../../machine/check.ts";

export const kvmAccess: MachineCheck = {
  code: "kvm-access",
  title: "KVM can be opened, so that guests run at the machine's speed",
  async look(machine) {
    const found = await machine.openDevice("/dev/kvm");
    if (found === "ok") return pass("/dev/kvm opens; `up` still proves by a small boot that it works");
    const evidence = `/dev/kvm: ${found}`;
    if (machine.config.vmm.accelerator === "kvm")
      return fail(
        evidence,
        "Enable virtualization in the firmware or the cloud's settings, or set `vmm.accelerator` to `auto`.",
      );
    return warn(
      evidence,
      "Guests are emulated, about ten times slower. Enable virtualization to change that.",
    );
  },
};
