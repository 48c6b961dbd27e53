import { BrowserVmError, type ErrorCode } from "@browservm/contract";
import { findTapHolder } from "../tap-holder.ts";

/** What a state of another machine makes QEMU say, and any other that it cannot load (migration/, hw/core/machine.c). */
const OTHER_MACHINE =
  /Machine type received is|Size mismatch:|Unknown (savevm section|ramblock)|Unknown.*section.*Make sure that your current VM setup matches|Features 0x\S+ unsupported|capability .* is (on|off)|TSC frequency mismatch|failed to set MSR/i;
const NOT_LOADED = /load of migration failed|Not a migration stream|backing store/i;

/** QEMU's words (net/tap-linux.c, block/file-posix.c, softmmu, accel/kvm) and what they mean to the one who starts VMs. */
const HINTS: ReadonlyArray<{ readonly says: RegExp; readonly code: ErrorCode }> = [
  { says: /could not configure \/dev\/net\/tun.*Device or resource busy/i, code: "TAP_BUSY" },
  { says: /could not open \/dev\/net\/tun/i, code: "TUN_UNAVAILABLE" },
  {
    says: /could not configure \/dev\/net\/tun.*(Operation not permitted|Permission denied)/i,
    code: "NOT_PRIVILEGED",
  },
  {
    says: /could not access KVM|failed to initialize kvm|kvm_buf_set_msrs|invalid accelerator kvm/i,
    code: "KVM_UNAVAILABLE",
  },
  { says: /failed to get .*lock|is another process using the image/i, code: "DISK_IN_USE" },
  {
    says: /cannot set up guest memory|cannot allocate memory|failed to allocate memory/i,
    code: "HOST_OUT_OF_MEMORY",
  },
  { says: /no space left on device/i, code: "DISK_FULL" },
  { says: OTHER_MACHINE, code: "SNAPSHOT_MISMATCH" },
  { says: NOT_LOADED, code: "SNAPSHOT_DAMAGED" },
  {
    says: /could not load kernel|could not open kernel file|could not load initrd|error reading initrd/i,
    code: "IMAGE_DAMAGED",
  },
  { says: /could not open '.*': No such file or directory/i, code: "IMAGE_DAMAGED" },
];

/** The code for what a VMM printed before it ended. */
export const explainStartup = (printed: readonly string[]): ErrorCode =>
  HINTS.find(({ says }) => printed.some((line) => says.test(line)))?.code ?? "VMM_EXITED_EARLY";

/** The whole error, with the last words of the VMM and, for a busy TAP, who holds it. */
export async function startupError(
  printed: readonly string[],
  how: string,
  tap: string,
): Promise<BrowserVmError> {
  const code = explainStartup(printed);
  const details = { stderr: printed.slice(-20), ended: how };
  const last = printed.at(-1) ?? "it said nothing";
  if (code !== "TAP_BUSY") return new BrowserVmError(code, `QEMU ended (${how}): ${last}`, details);
  const holder = await findTapHolder(tap);
  const by = holder ? `pid ${holder.pid} (${holder.command})` : "a process that is gone by now";
  return new BrowserVmError("TAP_BUSY", `${tap} is held by ${by}`, { ...details, name: tap, ...holder });
}
