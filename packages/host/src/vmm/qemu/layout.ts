import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Ipv4, LinkName, MacAddress, VmId } from "@browservm/contract";
import type { VmmSpec } from "../vmm.ts";
import { qemuArguments } from "./command-line.ts";
import type { Machine } from "./machine.ts";
import type { QemuVersion } from "./version.ts";

const OF_THE_MACHINE: ReadonlySet<string> = new Set(["-machine", "-cpu", "-smp", "-m", "-device"]);

/**
 * What a guest sees of its machine, as QEMU's own options: a state is restored by a machine of the same only. QEMU
 * itself finds only some of the differences (not that of the processor).
 */
export const layoutOf = (args: readonly string[]): string[] =>
  args.flatMap((name, index) => {
    const option = args[index + 1];
    if (!OF_THE_MACHINE.has(name) || option === undefined) return [];
    // The state brings the frozen MAC with it, whatever the new one is.
    return [`${name} ${option.replace(/,mac=[^,]+/, "")}`];
  });

/** The layout of a QEMU that runs: it may have been started by an older hostd. */
export const layoutOfProcess = (pid: number): string[] =>
  layoutOf(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0"));

/** A short name for all that guests of any size see alike. */
export function layoutName(
  machine: Machine,
  version: QemuVersion,
  accelerator: VmmSpec["accelerator"],
): string {
  const layout = layoutOf(qemuArguments({ ...ANY, accelerator }, machine, version)).join("\n");
  return createHash("sha256").update(layout).digest("hex").slice(0, 8);
}

const ANY: Omit<VmmSpec, "accelerator"> = {
  vmId: VmId.parse("vm_aaaaaaaaaaaaaaaaaaaa"),
  vcpus: 1,
  memoryMib: 128,
  kernel: "",
  initrd: "",
  commandLine: "",
  disks: [{ path: "", readOnly: true }],
  address: {
    slot: 1,
    tap: LinkName.parse("any"),
    mac: MacAddress.parse("02:00:00:00:00:01"),
    ip: Ipv4.parse("192.0.2.1"),
    prefix: 24,
    gateway: Ipv4.parse("192.0.2.254"),
  },
  mtu: 1500,
  uid: 1,
  runDir: "",
  logs: { console: "", vmm: "" },
  logLimitBytes: 0,
};
