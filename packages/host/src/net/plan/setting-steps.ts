import { isSetRight, type Sysctl } from "../sysctl.ts";
import { bridgeGone } from "./bridge-steps.ts";
import type { CurrentNetwork, NetworkTarget } from "./network-target.ts";
import type { Because, NetStep } from "./step.ts";

/** Kernel settings of the namespace, the bridge and the uplink. */
export function planSysctls(current: CurrentNetwork, target: NetworkTarget): NetStep[] {
  return target.sysctls
    .filter((sysctl) => {
      // A bridge that is about to be made has none of its settings: what is still read is of the one that is going.
      if (!current.bridge && isOfBridge(sysctl, target)) return true;
      const now = current.sysctls.get(sysctl.path);
      return now !== undefined && !isSetRight(sysctl, now);
    })
    .map((sysctl) => ({ do: "setSysctl", sysctl, because: why(sysctl, current, target) }));
}

const isOfBridge = ({ path }: Sysctl, { bridge }: NetworkTarget): boolean =>
  path.includes(`/${bridge.name}/`);

function why(sysctl: Sysctl, current: CurrentNetwork, target: NetworkTarget): Because {
  const gone = isOfBridge(sysctl, target) ? bridgeGone(current, target) : undefined;
  if (gone) return gone;
  const { path, value } = sysctl;
  const cause = `${path.replaceAll("/", ".")} is ${current.sysctls.get(path)}, not ${value}`;
  return { code: codeOf(path), cause };
}

function codeOf(path: string): string {
  if (path.endsWith("/forwarding")) return "forwarding-off";
  return path.startsWith("net/bridge/") ? "bridge-netfilter" : "network-settings";
}
