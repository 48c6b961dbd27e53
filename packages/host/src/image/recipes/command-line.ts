import type { Arch } from "./recipe.ts";

const CONSOLE: Readonly<Record<Arch, string>> = { amd64: "ttyS0", arm64: "ttyAMA0" };

/**
 * The part of the kernel's command line that every VM of an image has; the VM's own address is added at its start.
 * loglevel 4 keeps errors on the console: the out-of-memory killer speaks at level 3 (linux/mm/oom_kill.c).
 */
export const kernelCommandLine = (arch: Arch): string =>
  [
    `console=${CONSOLE[arch]}`,
    "panic=-1",
    "quiet",
    "loglevel=4",
    "net.ifnames=0",
    "random.trust_cpu=on",
    "audit=0",
    // Without SELinux and AppArmor: the images bring no policy for them, and Ubuntu's AppArmor forbids Chromium's sandbox.
    "lsm=landlock,yama",
    "systemd.show_status=0",
  ].join(" ");

/**
 * Appended by whoever starts a VM in emulation, where they buy seconds; never with hardware virtualization, where
 * they would cost protection.
 */
export const emulationFlags = "mitigations=off nokaslr tsc=reliable";
