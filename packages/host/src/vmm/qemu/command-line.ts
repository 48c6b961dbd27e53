import { CHANNEL_PORT_NAME } from "@browservm/contract";
import { controlSocketOf, monitorSocketOf } from "../run-dir.ts";
import type { VmmSpec } from "../vmm.ts";
import type { Machine } from "./machine.ts";
import { ANONYMOUS, type GuestMemory, MEMORY_BACKEND, memoryArguments } from "./memory.ts";
import { value } from "./option-value.ts";
import type { QemuVersion } from "./version.ts";

/** Arguments for one VM. Nothing in them is secret, and nothing comes from a caller but sizes. */
export function qemuArguments(
  spec: VmmSpec,
  machine: Machine,
  version: QemuVersion,
  memory: GuestMemory = ANONYMOUS,
): string[] {
  return [
    ["-name", value(spec.vmId)],
    ["-machine", `${machine.type},${MEMORY_BACKEND}`],
    memoryArguments(spec, memory),
    accelerator(spec, machine),
    ["-smp", String(spec.vcpus), "-m", `${spec.memoryMib}M`],
    ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-msg", "timestamp=on"],
    spec.restore ? ["-incoming", "defer"] : boot(spec),
    spec.disks.flatMap((disk, index) => diskArguments(disk, index, spec.accelerator)),
    network(spec),
    ["-device", "virtio-rng-pci", "-device", "virtio-balloon-pci,id=balloon0"],
    machine.devices.flatMap((device) => ["-device", device]),
    channels(spec),
    privileges(spec, version),
  ].flat();
}

/** A restored guest has all of that in its memory, and `-no-reboot` forbids it a second boot. */
const boot = ({ kernel, initrd, commandLine }: VmmSpec): string[] => [
  ...["-kernel", kernel, "-initrd", initrd, "-append", commandLine],
];

/** How QEMU is told to emulate or to use KVM. */
function accelerator(
  { accelerator, memoryMib }: Pick<VmmSpec, "accelerator" | "memoryMib">,
  machine: Machine,
): string[] {
  if (accelerator === "kvm") return ["-accel", "kvm", "-cpu", "host"];
  return [
    "-accel",
    `tcg,thread=multi,tb-size=${translationCacheMib(memoryMib)}`,
    "-cpu",
    machine.emulatedCpu,
  ];
}

/** Room for translated code, in MiB: a browser fills 1 GiB, a small guest never half of that. */
export const translationCacheMib = (memoryMib: number): number => (memoryMib >= 1024 ? 1024 : 512);

function diskArguments(
  disk: VmmSpec["disks"][number],
  index: number,
  accelerator: VmmSpec["accelerator"],
): string[] {
  // Emulated guests are for development and tests: an overlay there need not survive the machine's power cut.
  const cache = accelerator === "kvm" ? "writeback" : "unsafe";
  const mode = disk.readOnly ? "readonly=on" : `cache=${cache},discard=unmap`;
  // By default QEMU opens a disk anew, for reading only, when a freeze lays it down: as the slot's user it could not.
  const file = `file.driver=file,file.filename=${value(disk.path)},file.auto-read-only=${disk.readOnly ? "on" : "off"}`;
  return [
    ["-drive", `id=disk${index},if=none,format=raw,${file},${mode}`],
    ["-device", `virtio-blk-pci,drive=disk${index}`],
  ].flat();
}

function network({ address, mtu }: VmmSpec): string[] {
  return [
    // With vnet_hdr (QEMU's default on a TAP that can) large segments pass unsplit.
    ["-netdev", `tap,id=net0,ifname=${address.tap},script=no,downscript=no`],
    // Without its ROM there is no network boot to wait for.
    ["-device", `virtio-net-pci,netdev=net0,mac=${address.mac},host_mtu=${mtu},romfile=`],
  ].flat();
}

function channels({ runDir, logs }: VmmSpec): string[] {
  return [
    ["-chardev", `file,id=console,path=${value(logs.console)},append=on`, "-serial", "chardev:console"],
    ["-device", "virtio-serial-pci"],
    ["-chardev", `socket,id=ctl,path=${value(controlSocketOf(runDir))},server=on,wait=off`],
    ["-device", `virtserialport,chardev=ctl,name=${CHANNEL_PORT_NAME}`],
    ["-qmp", `unix:${value(monitorSocketOf(runDir))},server=on,wait=off`],
  ].flat();
}

/**
 * The VMM opens its files as root, then becomes the slot's user for good. `elevateprivileges=deny` would kill it
 * at that very step (measured: SIGSYS); no-new-privileges and `spawn=deny` close the way back instead.
 */
function privileges({ uid }: VmmSpec, { major }: QemuVersion): string[] {
  const user = `${uid}:${uid}`;
  // QEMU 9.0 brought -run-with user=, 9.1 deprecated -runas.
  const drop = major >= 9 ? ["-run-with", `user=${user}`] : ["-runas", user];
  return [...drop, "-sandbox", "on,obsolete=deny,elevateprivileges=allow,spawn=deny,resourcecontrol=deny"];
}
