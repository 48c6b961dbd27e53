import { BrowserVmError } from "@browservm/contract";

/** How QEMU is asked for a machine of one architecture. */
export interface Machine {
  readonly binary: string;
  /** Debian/Ubuntu package of the binary. */
  readonly package: string;
  readonly type: string;
  /** A CPU that emulates fast: newer models make guests use (and load modules for) what TCG does slowly. */
  readonly emulatedCpu: string;
  /** Devices beside those that every machine has, as `-device` takes them. */
  readonly devices: readonly string[];
}

const MACHINES: Readonly<Record<string, Machine>> = {
  x64: {
    binary: "qemu-system-x86_64",
    package: "qemu-system-x86",
    type: "q35,vmport=off",
    emulatedCpu: "Nehalem",
    // Tells a kernel that knows it (CONFIG_VMGENID) that it was restored; the number is QEMU's own, anew at each start.
    devices: ["vmgenid,guid=auto"],
  },
  arm64: {
    binary: "qemu-system-aarch64",
    package: "qemu-system-arm",
    type: "virt,gic-version=max",
    // Pointer authentication by QARMA5 costs half of the speed under emulation.
    emulatedCpu: "max,pauth-impdef=on",
    devices: [],
  },
};

/** The machine for an architecture as Node names it (`process.arch`). */
export function machineFor(arch: string): Machine {
  const machine = MACHINES[arch];
  if (!machine)
    throw new BrowserVmError("VMM_NOT_FOUND", `there is no VMM for the architecture ${arch}`, { arch });
  return machine;
}
