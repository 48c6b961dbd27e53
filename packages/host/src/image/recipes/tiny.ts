import { GUEST_PATHS } from "@browservm/contract";
import { guestFile } from "./guest-file.ts";
import { maskedUnits } from "./masked-units.ts";
import type { Recipe, RecipeFile } from "./recipe.ts";

const unit = (name: string): RecipeFile => ({
  path: `/etc/systemd/system/${name}`,
  mode: 0o644,
  content: guestFile(name),
});
const file = (path: string, source: string): RecipeFile => ({
  path,
  mode: 0o644,
  content: guestFile(source),
});

/** systemd, its network, SSH, Node and the agent; no browser. For tests and as the ground of every other recipe. */
export const tiny: Recipe = {
  name: "tiny",
  summary: "The agent without a browser",
  hasBrowser: false,
  packages: [
    "busybox-static",
    "ca-certificates",
    "iproute2",
    "iputils-ping",
    "kmod",
    "libatomic1",
    "libstdc++6",
    "openssh-server",
    "procps",
    "systemd-sysv",
    "tzdata",
  ],
  files: [
    unit("browservm-agent.service"),
    unit("browservm-ssh-keys.service"),
    file("/etc/systemd/system/ssh.service.d/browservm.conf", "ssh-override.conf"),
    file("/etc/ssh/sshd_config.d/10-browservm.conf", "sshd.conf"),
    file("/etc/systemd/journald.conf.d/browservm.conf", "journald.conf"),
    file("/etc/systemd/system.conf.d/browservm.conf", "system.conf"),
    file("/etc/profile.d/browservm.sh", "profile.sh"),
    file("/usr/lib/browservm/reseed.pl", "reseed.pl"),
    // Written by us for every VM; systemd's own would refuse logins until a unit that we mask removes it.
    { path: "/etc/tmpfiles.d/systemd-nologin.conf", mode: 0o644, content: "" },
    { path: GUEST_PATHS.environment, mode: 0o644, content: "" },
  ],
  enable: [
    { unit: "browservm-agent.service", wantedBy: "sysinit.target" },
    { unit: "systemd-networkd.service", wantedBy: "multi-user.target" },
    { unit: "ssh.service", wantedBy: "multi-user.target" },
  ],
  mask: maskedUnits,
  prepare: [],
  defaults: { vcpus: 1, memoryMib: 512, diskMib: 1024 },
  buildMib: 1500,
};
