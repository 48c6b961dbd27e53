import { addAddress } from "../linux/addresses.ts";
import { changeLink, createBridge, findLink, plainBridge } from "../linux/links.ts";
import type { NetlinkSocket } from "../linux/netlink-socket.ts";
import type { Canary } from "./canary.ts";
import { applyNft } from "./firewall/nft.ts";
import { renderAdmission, renderReplacement } from "./firewall/ruleset.ts";
import type { BridgeTarget, NetStep } from "./plan.ts";
import type { RememberedSysctls } from "./remembered-sysctls.ts";
import { plugPort } from "./tap-device.ts";

/** One runner for each kind of step; a kind without a runner does not compile. */
type Runners = { [Kind in NetStep["do"]]: (step: Extract<NetStep, { do: Kind }>) => Promise<void> };

export interface RunnerTools {
  readonly netlink: NetlinkSocket;
  readonly canary: Canary;
  readonly bridge: BridgeTarget;
  readonly machineSysctls: RememberedSysctls;
}

function netRunners({ netlink, canary, bridge, machineSysctls }: RunnerTools): Runners {
  return {
    createBridge: async (step) => createBridge(netlink, step.bridge),
    setSysctl: ({ sysctl }) => machineSysctls.set(sysctl),
    addGateway: async (step) => {
      const ifindex = findLink(netlink, step.bridge.name)?.index ?? 0;
      addAddress(netlink, { ifindex, ip: step.bridge.gateway, prefix: step.bridge.prefix });
    },
    adjustBridge: async ({ bridge: { name, mac, mtu }, off }) => {
      if (off.stp || off.vlanFiltering) plainBridge(netlink, name, off);
      changeLink(netlink, name, { mac, mtu, up: true });
    },
    loadRules: ({ tables, elements }) => applyNft(renderReplacement(tables, elements)),
    admit: ({ elements }) => applyNft(renderAdmission(elements)),
    plugPort: async (step) => {
      plugPort(netlink, { name: step.name, bridge: step.bridge.name, mtu: step.bridge.mtu });
    },
    startCanary: (step) => canary.start(step.canary, bridge),
  };
}

/** Runs steps one after the other; `before` is told of each (a log line, or the death that a test wants). */
export async function runSteps(
  steps: readonly NetStep[],
  tools: RunnerTools,
  before: (step: NetStep) => void,
): Promise<void> {
  const runners = netRunners(tools);
  for (const step of steps) {
    before(step);
    // The kind chose the runner, but TypeScript cannot follow a union through an index.
    const runner = runners[step.do] as (step: NetStep) => Promise<void>;
    await runner(step);
  }
}
