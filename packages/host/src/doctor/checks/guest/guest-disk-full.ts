import { type Check, fail, manual, pass, seen, skip, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutHealth, type GuestHealth, UNHEARD } from "./about-guest.ts";

type Filesystem = GuestHealth["filesystems"][number];

/** Less than this is full: programs fail with ENOSPC although `df` may show a little. */
const FULL = { share: 0.01, kib: 16_384 };
const NEARLY = { share: 0.05, kib: 131_072 };

const isBelow = ({ totalKib, freeKib }: Filesystem, { share, kib }: typeof FULL): boolean =>
  totalKib > 0 && freeKib < Math.min(totalKib * share, kib);

const clean = manual("Delete files in the guest, or start it with a larger disk (`diskMib`).");

const tell = ({ mount, freeKib, totalKib, inodesFree }: Filesystem): string =>
  inodesFree === 0 ? `${mount} has no inode left` : `${mount} has ${freeKib} of ${totalKib} KiB left`;

export const guestDiskFull: Check<VmSubject> = {
  code: "guest-disk-full",
  layer: "guest",
  title: "The guest's disk has room",
  dependsOn: [...UNHEARD],
  breaks: ["service"],
  explanation: {
    symptom:
      "Programs of the guest fail with `No space left on device`; the browser cannot write its profile.",
    cause: "The VM's own disk (or the memory behind /run or /tmp) is full, or has no inode left.",
    evidence: "`df` and `df -i` in the guest; the agent tells them over the control channel.",
    fix: clean,
  },
  judge: aboutHealth("filesystems", ({ filesystems }) => {
    if (filesystems.length === 0)
      return skip("control-channel", "filesystems", "the guest has none that programs write to");
    const evidence = filesystems.map((one) => seen("control-channel", `filesystem ${one.mount}`, tell(one)));
    const full = filesystems.filter((one) => isBelow(one, FULL) || one.inodesFree === 0);
    if (full.length > 0)
      return fail(`The guest's disk is full: ${full.map(tell).join("; ")}.`, evidence, clean);
    const near = filesystems.filter((one) => isBelow(one, NEARLY));
    if (near.length > 0)
      return warn(`The guest's disk is nearly full: ${near.map(tell).join("; ")}.`, evidence, clean);
    return pass("control-channel", "filesystems", filesystems.map(tell).join("; "));
  }),
};
