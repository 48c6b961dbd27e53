import { accessSync, closeSync, constants, openSync, readSync } from "node:fs";
import { z } from "zod";
import { closeFd } from "../../packages/host/src/linux/libc.ts";
import { attachTap, VNET_HEADER_BYTES } from "../../packages/host/src/linux/tun.ts";
import {
  BootBody,
  type CreateBody,
  type DriveBody,
  Limiter,
  type LoadBody,
  type MachineBody,
  type NetworkBody,
} from "./bodies.ts";
import { FatalFault, osError, PRE_BOOT, StandInFault, tapFault } from "./faults.ts";
import { readMemory, readState, writeMemory, writeState } from "./snapshot-files.ts";

type Body<T extends z.ZodType> = z.infer<T>;
const DEVICES =
  "Load snapshot error: Failed to restore from snapshot: Failed to build microVM from snapshot: Failed to restore devices: Error restoring PCI devices: ";

/** What is in a state file besides magic, version and checksum. */
const Stored = z.object({
  nics: z.array(z.object({ id: z.string(), mac: z.string(), name: z.string() })),
  drives: z.array(z.object({ id: z.string(), path: z.string(), readOnly: z.boolean() })),
  rates: z.record(z.string(), Limiter),
  vcpus: z.number(),
  memoryMib: z.number(),
  boot: BootBody.optional(),
  vsockPath: z.string().optional(),
});

/** The resources of one Firecracker before and after its start: what may follow what, and what is opened when. */
export class StandInMachine {
  state: "Not started" | "Running" | "Paused" = "Not started";
  memoryMib = 128;
  vcpus = 1;
  boot: Body<typeof BootBody> | undefined;
  vsockPath: string | undefined;
  /** Something of a VM was configured: from then on no snapshot can be loaded. */
  isTouched = false;
  readonly drives = new Map<string, { readonly path: string; readonly readOnly: boolean }>();
  /** Of drives and interfaces, by their id; the network's is that for what comes in. */
  readonly rates = new Map<string, Body<typeof Limiter>>();
  readonly taps = new Map<string, { readonly fd: number; readonly mac: string; readonly name: string }>();

  configure(machine: Body<typeof MachineBody>): void {
    const { vcpu_count, mem_size_mib } = machine;
    if (vcpu_count < 1 || vcpu_count > 32)
      throw new StandInFault(
        "Machine config error: The number of vCPUs must be greater than 0, less than 32 and must be 1 or an even number if SMT is enabled.",
      );
    if (mem_size_mib < 1)
      throw new StandInFault(
        "Machine config error: The memory size (MiB) is either 0, or not a multiple of the configured page size.",
      );
    this.memoryMib = mem_size_mib;
    this.vcpus = vcpu_count;
  }

  setBoot(boot: Body<typeof BootBody>): void {
    opened(boot.kernel_image_path, "Boot source error: The kernel file cannot be opened: ");
    if (boot.initrd_path !== undefined)
      opened(
        boot.initrd_path,
        "Boot source error: The initrd file cannot be opened due to invalid path or invalid permissions. ",
      );
    this.boot = boot;
  }

  setDrive({
    drive_id,
    path_on_host = "",
    is_read_only = false,
    rate_limiter,
  }: Body<typeof DriveBody>): void {
    const mode = is_read_only ? constants.R_OK : constants.R_OK | constants.W_OK;
    opened(
      path_on_host,
      "Drive config error: Unable to create the virtio block device: Virtio backend error: Error manipulating the backing file: ",
      { mode, suffix: ` ${path_on_host}` },
    );
    this.drives.set(drive_id, { path: path_on_host, readOnly: is_read_only });
    this.setRate(drive_id, rate_limiter);
  }

  setNetwork({
    iface_id,
    host_dev_name,
    guest_mac = "",
    mtu,
    rx_rate_limiter,
  }: Body<typeof NetworkBody>): void {
    const prefix = "Network config error: ";
    const taken = [...this.taps].some(([id, { mac }]) => id !== iface_id && mac !== "" && mac === guest_mac);
    if (taken) throw new StandInFault(`${prefix}The MAC address is already in use: ${guest_mac}`);
    if (mtu !== undefined && mtu < 68)
      throw new StandInFault(
        `${prefix}Could not create the network device: MTU ${mtu} is out of range [68, 65535]`,
      );
    const before = this.taps.get(iface_id);
    if (before) closeFd(before.fd);
    this.taps.delete(iface_id);
    this.#openTap(iface_id, guest_mac, host_dev_name, (words) => {
      throw new StandInFault(
        `${prefix}Could not create the network device: Open tap device failed: ${words}`,
      );
    });
    this.setRate(iface_id, rx_rate_limiter);
  }

  /** What is left out stays as it is; a bucket of nothing is no limit. */
  setRate(id: string, limiter: Body<typeof Limiter> | undefined): void {
    if (limiter?.bandwidth?.size === 0) this.rates.delete(id);
    else if (limiter) this.rates.set(id, limiter);
  }

  /** A part of what `GET /vm/config` answers. */
  get configuration(): object {
    const rate = (id: string) => this.rates.get(id) ?? null;
    return {
      "machine-config": { vcpu_count: this.vcpus, mem_size_mib: this.memoryMib },
      drives: [...this.drives].map(([id, { path, readOnly }]) => ({
        drive_id: id,
        path_on_host: path,
        is_read_only: readOnly,
        rate_limiter: rate(id),
      })),
      "network-interfaces": [...this.taps].map(([id, { mac, name }]) => ({
        iface_id: id,
        host_dev_name: name,
        guest_mac: mac,
        rx_rate_limiter: rate(id),
      })),
    };
  }

  /** The kernel is looked at only now. */
  requireStartable(): Body<typeof BootBody> {
    if (!this.boot)
      throw new StandInFault("Start microvm error: Cannot start microvm without kernel configuration.");
    const start = Buffer.alloc(4);
    const fd = openSync(this.boot.kernel_image_path, "r");
    readSync(fd, start, 0, 4, 0);
    closeSync(fd);
    if (start.toString("latin1") !== "\x7fELF")
      throw new StandInFault(
        "Start microvm error: System configuration error: Cannot load kernel due to invalid memory configuration or invalid kernel image: Kernel Loader: failed to load ELF kernel image: Kernel Loader: Invalid Elf magic number",
      );
    return this.boot;
  }

  /** Only then can a snapshot be taken. */
  requirePaused(): void {
    if (this.state === "Not started") throw new StandInFault(PRE_BOOT);
    if (this.state !== "Paused")
      throw new StandInFault(
        "Create snapshot error: Cannot save the microVM state: Operation not allowed: save/restore unavailable while running",
      );
  }

  /** What the guest remembers goes into the memory file, all else into the state. */
  save({ snapshot_path, mem_file_path }: Body<typeof CreateBody>, remembered: object): void {
    const nics = [...this.taps].map(([id, { mac, name }]) => ({ id, mac, name }));
    const { vcpus, memoryMib, boot, vsockPath } = this;
    const drives = [...this.drives].map(([id, drive]) => ({ id, ...drive }));
    const rates = Object.fromEntries(this.rates);
    const stored: z.input<typeof Stored> = { nics, drives, rates, vcpus, memoryMib, boot, vsockPath };
    writeState(snapshot_path, stored);
    writeMemory(mem_file_path, memoryMib, remembered);
  }

  /** Opens disks and TAPs anew, as the overrides say; answers what the guest remembers. Everything here is fatal. */
  load({
    snapshot_path,
    mem_backend,
    network_overrides = [],
    vsock_override,
  }: Body<typeof LoadBody>): unknown {
    if (this.isTouched)
      throw new StandInFault(
        "Load snapshot error: Loading a microVM snapshot not allowed after configuring boot-specific resources.",
      );
    const stored = Stored.parse(readState(snapshot_path));
    const unknown = network_overrides.some(({ iface_id }) => !stored.nics.some(({ id }) => id === iface_id));
    if (unknown)
      throw new FatalFault(
        "Load snapshot error: Failed to restore from snapshot: Failed to get snapshot state from file: Unknown Network Device.",
      );
    const remembered = readMemory(mem_backend.backend_path, stored.memoryMib);
    for (const { id, path, readOnly } of stored.drives) {
      opened(path, `${DEVICES}Block: Virtio backend error: Error manipulating the backing file: `, {
        mode: readOnly ? constants.R_OK : constants.R_OK | constants.W_OK,
        suffix: ` ${path}`,
        fault: FatalFault,
      });
      this.drives.set(id, { path, readOnly });
    }
    for (const { id, mac, name } of stored.nics) {
      const tap = network_overrides.find(({ iface_id }) => iface_id === id)?.host_dev_name ?? name;
      this.#openTap(id, mac, tap, (words) => {
        throw new FatalFault(
          `${DEVICES}Net: Failed to create a network device: Open tap device failed: ${words}`,
        );
      });
    }
    for (const [id, limiter] of Object.entries(stored.rates)) this.setRate(id, limiter);
    this.vcpus = stored.vcpus;
    this.memoryMib = stored.memoryMib;
    this.boot = stored.boot;
    this.vsockPath = vsock_override?.uds_path ?? stored.vsockPath;
    return remembered;
  }

  /** As tap.rs does it: attach and header size; the offloads follow when a guest's driver comes up. */
  #openTap(id: string, mac: string, name: string, refuse: (words: string) => never): void {
    try {
      this.taps.set(id, { fd: attachTap(name, { headerBytes: VNET_HEADER_BYTES, offloads: 0 }), mac, name });
    } catch (error) {
      refuse(tapFault(error, name));
    }
  }
}

function opened(
  path: string,
  prefix: string,
  { mode = constants.R_OK, suffix = "", fault = StandInFault } = {},
): void {
  try {
    accessSync(path, mode);
  } catch (error) {
    throw new fault(`${prefix}${osError(error)}${suffix}`);
  }
}
