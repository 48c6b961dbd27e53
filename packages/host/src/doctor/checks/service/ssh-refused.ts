import { type Check, manual, pass, seen, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutProbe } from "../symptom/about-probe.ts";

const start = manual("In the guest: `systemctl status ssh`, `journalctl -u ssh`.");

export const sshRefused: Check<VmSubject> = {
  code: "ssh-refused",
  layer: "service",
  title: "The guest's SSH server listens",
  dependsOn: ["guest-silent", "unit-failed", "guest-firewall", "agent-port-refused"],
  breaks: [],
  explanation: {
    symptom: "ssh: Connection refused; everything else works.",
    cause: "The guest's SSH server does not run. The network is well, for a reset came back.",
    evidence: "connect() to port 22 says ECONNREFUSED at once.",
    fix: start,
  },
  judge: aboutProbe(({ toGuest }, { vm }) => {
    const way = `host → ${vm.address.ip}:22`;
    if (toGuest.ssh !== "refused") return pass("tcp", way, toGuest.ssh);
    return warn(
      "Port 22 of the guest refuses: its SSH server does not run.",
      [seen("tcp", way, "refused (a reset came back)")],
      start,
    );
  }),
};
