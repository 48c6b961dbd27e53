import { type Check, manual, pass, seen, skip, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

const move = manual(
  "Use a machine (or an instance type) with real or nested virtualization; until then guests are emulated, and slow.",
);

export const kvmDoesNotBoot: Check<HostSight> = {
  code: "kvm-does-not-boot",
  layer: "host",
  title: "KVM boots a kernel, where it opens",
  dependsOn: [],
  breaks: [],
  explanation: {
    symptom: "VMs are slow; or, in other products, silent for ever although /dev/kvm is there.",
    cause:
      "/dev/kvm opens on many nested machines whose KVM cannot run a stock kernel. BrowserVM boots one to see, and emulates (TCG) where that fails.",
    evidence: "The smoke boot printed nothing in its time.",
    fix: move,
  },
  judge: ({ kvmOpens, accelerator: { name, driver, reason } }) => {
    const words = `${driver} with ${name}: ${reason}`;
    if (!kvmOpens) return skip("file", "/dev/kvm", "does not open");
    if (name !== "tcg" || !reason.startsWith("KVM opens")) return pass("vmm", "accelerator", words);
    return warn(
      `${reason.replace(/; emulating$/, "")}, so guests are emulated (TCG).`,
      [seen("vmm", "accelerator", words)],
      move,
    );
  },
};
