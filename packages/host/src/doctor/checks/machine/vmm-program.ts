import { programsCheck } from "./programs.ts";

const QEMU: Readonly<Record<string, string>> = { x64: "qemu-system-x86_64", arm64: "qemu-system-aarch64" };

export const vmmProgram = programsCheck({
  code: "vmm-program",
  title: "The program that runs VMs is installed",
  symptom: "every session fails with VMM_NOT_FOUND",
  programs: ({ processor, driver }) =>
    driver === "container"
      ? ["crun", "mount", "unshare", "socat"]
      : [QEMU[processor] ?? `qemu-system-${processor}`, "socat"],
});
