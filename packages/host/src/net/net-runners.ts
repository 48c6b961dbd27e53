import { addAddress, removeAddress } from "../linux/addresses.ts";
import { addLinkRoute, removeRoute } from "../linux/change-routes.ts";
import { changeLink, changePort, createBridge, findLink, plainBridge } from "../linux/links.ts";
import { forgetNeighbour } from "../linux/neighbours.ts";
import type { NetlinkSocket } from "../linux/netlink-socket.ts";
import type { Canary } from "./canary.ts";
import type { LearnedAddresses } from "./egress/learned-addresses.ts";
import { applyNft } from "./firewall/nft.ts";
import { renderAdmission, renderExpulsion, renderReplacement } from "./firewall/ruleset.ts";
import { parseRange, toIpv4 } from "./ipv4.ts";
import type { BridgeTarget, NetStep } from "./plan.ts";
import type { RememberedSysctls } from "./remembered-sysctls.ts";
import { plugPort } from "./tap-device.ts";

/** One runner for each kind of step; a kind without a runner does not compile. */
type Runners = { [Kind in NetStep["do"]]: (step: Extract<NetStep, { do: Kind }>) => Promise<void> };

export interface RunnerTools {
  readonly netlink: NetlinkSocket;
  readonly canary: Canary;
  readonly bridge: BridgeTarget;
  readonly learned: LearnedAddresses;
  readonly machineSysctls: RememberedSysctls;
}

function netRunners({ netlink, canary, bridge, learned, machineSysctls }: RunnerTools): Runners {
  const bridgeIndex = () => findLink(netlink, bridge.name)?.index ?? 0;
  return {
    createBridge: async (step) => createBridge(netlink, step.bridge),
    setSysctl: ({ sysctl }) => machineSysctls.set(sysctl),
    addGateway: async ({ bridge: { gateway: ip, prefix } }) =>
      addAddress(netlink, { ifindex: bridgeIndex(), ip, prefix }),
    plainBridge: async ({ name, off }) => plainBridge(netlink, name, off),
    setLink: async ({ name, change }) => changeLink(netlink, name, change),
    setPort: async ({ name, change }) => changePort(netlink, name, change),
    loadRules: ({ tables, elements }) =>
      applyNft(renderReplacement(tables, [...elements, ...learned.elements()])),
    admit: ({ elements }) => applyNft(renderAdmission(elements)),
    expel: ({ elements }) => applyNft(renderExpulsion(elements)),
    plugPort: async (step) => {
      plugPort(netlink, { name: step.name, bridge: step.bridge.name, mtu: step.bridge.mtu });
    },
    removeAddress: async ({ address }) => removeAddress(netlink, address),
    removeRoute: async ({ route }) => removeRoute(netlink, route),
    addRoute: async ({ bridge: { gateway, prefix } }) => {
      const ip = toIpv4(parseRange(`${gateway}/${prefix}`).base);
      addLinkRoute(netlink, { ip, prefix, ifindex: bridgeIndex(), source: gateway });
    },
    forgetNeighbour: async ({ ip, ifindex }) => {
      forgetNeighbour(netlink, ifindex, ip);
    },
    startCanary: (step) => canary.start(step.canary, bridge),
  };
}

/** A step that was run, and how it failed, if it did. */
export interface RanStep {
  readonly step: NetStep;
  readonly error?: Error;
}

/**
 * Runs steps one after the other, each whether or not one before it failed; `before` is told of each, and may refuse
 * one by answering false (or throw: the death that a test wants).
 */
export async function runSteps(
  steps: readonly NetStep[],
  tools: RunnerTools,
  before: (step: NetStep) => boolean,
): Promise<RanStep[]> {
  const runners = netRunners(tools);
  const ran: RanStep[] = [];
  for (const batch of inBatches(steps)) {
    const wanted = batch.filter(before);
    const step = joined(wanted);
    if (!step) continue;
    // The kind chose the runner, but TypeScript cannot follow a union through an index.
    const runner = runners[step.do] as (step: NetStep) => Promise<void>;
    const failure = await runner(step).then(() => undefined, asError);
    ran.push(...wanted.map((one) => ({ step: one, ...(failure ? { error: failure } : {}) })));
  }
  return ran;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Admissions that follow each other are one call of nft, however many VMs lost their elements. */
function inBatches(steps: readonly NetStep[]): NetStep[][] {
  const batches: NetStep[][] = [];
  for (const step of steps) {
    const last = batches.at(-1);
    if (step.do === "admit" && last?.[0]?.do === "admit") last.push(step);
    else batches.push([step]);
  }
  return batches;
}

function joined(batch: readonly NetStep[]): NetStep | undefined {
  const [first] = batch;
  if (first?.do !== "admit") return first;
  return { ...first, elements: batch.flatMap((step) => (step.do === "admit" ? step.elements : [])) };
}
