import { isSetRight } from "../../../net/sysctl.ts";
import { auto, type Check, fail, pass, seen } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

/** These have checks of their own, which tell what they break. */
const isElsewhere = (path: string): boolean => path.endsWith("/forwarding") || path.startsWith("net/bridge/");

const set = (sysctls: ReadonlyArray<{ readonly path: string; readonly value: string }>) =>
  auto(
    "Set them as planned.",
    ...sysctls.slice(0, 10).map(({ path, value }) => `sysctl -w ${path.replaceAll("/", ".")}=${value}`),
  );

export const networkSettings: Check<HostSight> = {
  code: "network-settings",
  layer: "host",
  title: "The kernel's network settings are as planned",
  dependsOn: ["bridge-missing", "bridge-wrong-kind"],
  breaks: [],
  explanation: {
    symptom:
      "None by itself. But with rp_filter=0 or arp_ignore=0 the host answers ARP on the wrong link, so that other faults look as if ARP worked and IP did not.",
    cause:
      "Somebody changed a setting of the bridge or of the namespace (many guides advise to switch rp_filter off).",
    evidence: "`sysctl` against the plan.",
    fix: set([{ path: "net/ipv4/conf/fcbr0/rp_filter", value: "1" }]),
  },
  judge: ({ target, sysctls }) => {
    const planned = target.sysctls.filter(({ path }) => !isElsewhere(path));
    const off = planned.flatMap((sysctl) => {
      const now = sysctls.get(sysctl.path);
      return now === undefined || isSetRight(sysctl, now) ? [] : [{ ...sysctl, now }];
    });
    if (off.length === 0) return pass("sysctl", "settings of the plan", `${planned.length} looked at`);
    const tell = off.map(({ path, now, value }) => `${path.replaceAll("/", ".")} is ${now}, not ${value}`);
    return fail(
      `${tell.join("; ")}.`,
      off.map(({ path, now, value, why }) => seen("sysctl", path, `${now}; planned ${value}: ${why}`)),
      set(off),
    );
  },
};
