import { BrowserVmError, type ErrorCode, sanitizeLine } from "@browservm/contract";
import { findTapHolder } from "../tap-holder.ts";
import type { FirecrackerFault } from "./api-client.ts";

interface Meaning {
  readonly path: RegExp;
  readonly says: RegExp;
  readonly code: ErrorCode;
  readonly sentence: string;
}

/**
 * Firecracker's words (vmm/src/vmm_config/*.rs, devices/virtio/net/tap.rs, builder.rs) and what they mean. The errno is
 * in them as "(os error N)", whatever the C library calls it (errno-base.h).
 */
const MEANINGS: readonly Meaning[] = [
  frozen(
    /Invalid data version|Magic value does not match|Unknown (Network|Vsock) Device|Block: .*os error 2\)/,
    "SNAPSHOT_MISMATCH",
    "another Firecracker, or one with other devices, froze this VM",
  ),
  frozen(
    /Failed to restore vCPUs|Could not set TSC|Failed to restore microVM state/,
    "SNAPSHOT_MISMATCH",
    "this processor, or its KVM, cannot go on where the frozen VM stopped",
  ),
  frozen(
    /Failed to get snapshot state from file|Invalid snapshot state|Failed to load guest memory/,
    "SNAPSHOT_DAMAGED",
    "the frozen VM cannot be read",
  ),
  frozen(/Failed to create microVM|Could not access KVM/, "KVM_UNAVAILABLE", "KVM refuses this VM"),
  tap(/open \/dev\/net\/tun/, "TUN_UNAVAILABLE", "Firecracker cannot open /dev/net/tun in its jail"),
  tap(/os error 16\)/, "TAP_BUSY", "another process holds the TAP"),
  tap(/os error 1\)/, "NOT_PRIVILEGED", "the TAP does not belong to the user of the jail"),
  tap(/os error 22\)/, "TAP_NAME_TAKEN", "what has that name is no TAP with a single queue"),
  tap(/Invalid interface name/, "TAP_NAME_TAKEN", "no network link can have that name"),
  {
    path: /^\/(boot-source|drives)/,
    says: /os error 2\)/,
    code: "IMAGE_DAMAGED",
    sentence: "a file of the image is missing in the jail",
  },
  {
    path: /^\/(boot-source|drives)/,
    says: /os error 13\)/,
    code: "NOT_PRIVILEGED",
    sentence: "the user of the jail may not open a file of the VM",
  },
  {
    path: /^\/actions/,
    says: /\/dev\/kvm|Kvm error|KVM|CreateVm|Failed to configure.*cpu/i,
    code: "KVM_UNAVAILABLE",
    sentence: "KVM refuses this VM",
  },
  {
    path: /./,
    says: /os error 12\)|Cannot allocate memory|Out of memory/i,
    code: "HOST_OUT_OF_MEMORY",
    sentence: "this machine has no memory for the VM",
  },
  { path: /./, says: /os error 28\)/, code: "DISK_FULL", sentence: "there is no space left" },
  {
    path: /^\/actions/,
    says: /kernel|initrd/i,
    code: "IMAGE_DAMAGED",
    sentence: "Firecracker cannot load the kernel or its initramfs",
  },
];

function tap(says: RegExp, code: ErrorCode, sentence: string): Meaning {
  return { path: /^\/(network-interfaces|snapshot\/load)/, says, code, sentence };
}

function frozen(says: RegExp, code: ErrorCode, sentence: string): Meaning {
  return { path: /^\/snapshot\/load/, says, code, sentence };
}

/** The typed error for what Firecracker refused; of a busy TAP it names who holds it; without a TAP's name where none is opened. VMM_REFUSED when we know no better. */
export async function explainFault({ path, fault }: FirecrackerFault, tapName = ""): Promise<BrowserVmError> {
  const words = sanitizeLine(fault, 500);
  const meaning = MEANINGS.find((row) => row.path.test(path) && row.says.test(fault));
  const details = { fault: words, call: path, ...(tapName === "" ? {} : { name: tapName }) };
  if (!meaning) return new BrowserVmError("VMM_REFUSED", `Firecracker refused ${path}: ${words}`, details);
  const { code, sentence } = meaning;
  if (code !== "TAP_BUSY") return new BrowserVmError(code, sentence, details);
  const holder = await findTapHolder(tapName);
  const by = holder ? `pid ${holder.pid} (${holder.command})` : "a process that is gone by now";
  return new BrowserVmError(code, `${tapName} is held by ${by}`, { ...details, ...holder });
}
