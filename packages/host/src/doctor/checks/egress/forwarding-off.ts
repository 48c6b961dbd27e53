import { auto, type Check, fail, pass, seen, skip } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

const on = (paths: readonly string[]) =>
  auto(
    "Switch forwarding on again, for these links only.",
    ...paths.map((path) => `sysctl -w ${path.replaceAll("/", ".")}=1`),
  );

export const forwardingOff: Check<HostSight> = {
  code: "forwarding-off",
  layer: "egress",
  title: "The kernel forwards between bridge and uplink",
  dependsOn: ["bridge-missing", "bridge-wrong-kind"],
  breaks: ["egress", "dns"],
  explanation: {
    symptom: "Host and guests reach each other; guests reach nothing outside, and no firewall counter moves.",
    cause:
      "Forwarding is off for the bridge or for the uplink. ip_forward=0 switches it off for all links; but it can be off for one of them while ip_forward says 1.",
    evidence: "`sysctl net.ipv4.conf.fcbr0.forwarding` (and the uplink's) is 0; `Ip InAddrErrors` rises.",
    fix: on(["net/ipv4/conf/fcbr0/forwarding"]),
  },
  judge: ({ target, sysctls }) => {
    const planned = target.sysctls.filter(({ path }) => path.endsWith("/forwarding"));
    const read = planned.flatMap(({ path, value }) => {
      const now = sysctls.get(path);
      return now === undefined ? [] : [{ path, now, isOff: now !== value }];
    });
    if (read.length === 0) return skip("sysctl", "forwarding", "the links are not there");
    const words = read.map(({ path, now }) => `${path.replaceAll("/", ".")} = ${now}`).join(", ");
    const off = read.filter(({ isOff }) => isOff).map(({ path }) => path);
    if (off.length === 0) return pass("sysctl", "forwarding", words);
    const all = sysctls.get("net/ipv4/ip_forward");
    return fail(
      `Forwarding is off: ${off.map((path) => path.replaceAll("/", ".")).join(", ")}${all === "0" ? " (ip_forward is 0, too)" : ""}.`,
      [seen("sysctl", "forwarding", words), ...(all ? [seen("sysctl", "net.ipv4.ip_forward", all)] : [])],
      on(off),
    );
  },
};
