import { type Check, fail, pass, restart, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutHealth, UNHEARD } from "./about-guest.ts";

/** What the guest must be able to write; somebody may have mounted other disks read-only on purpose. */
const WRITABLE = ["/", "/run", "/tmp"];

const renew = restart(
  "Delete the VM and start a new one; look at the host's disk and its kernel log for errors of its storage.",
);

export const guestReadOnly: Check<VmSubject> = {
  code: "guest-read-only",
  layer: "guest",
  title: "The guest can write to its disk",
  dependsOn: [...UNHEARD],
  breaks: ["service"],
  explanation: {
    symptom: "Programs of the guest fail with `Read-only file system`.",
    cause: "The guest's kernel met an error of its disk and went on read-only.",
    evidence: "Writing to / answers EROFS; the guest's kernel log has an EXT4-fs error before it.",
    fix: renew,
  },
  judge: aboutHealth("filesystems", ({ filesystems }) => {
    const own = filesystems.filter(({ mount }) => WRITABLE.includes(mount));
    if (own.length === 0)
      return skip("control-channel", "filesystems", "the guest has none that programs write to");
    const stuck = own.filter(({ readOnly }) => readOnly).map(({ mount }) => mount);
    if (stuck.length === 0) return pass("control-channel", "filesystems", "/ can be written");
    return fail(
      `The guest cannot write to ${stuck.join(", ")}: it is mounted read-only.`,
      stuck.map((mount) => seen("control-channel", `filesystem ${mount}`, "read-only")),
      renew,
    );
  }),
};
