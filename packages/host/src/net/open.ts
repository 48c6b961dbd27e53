import type { DatabaseSync } from "node:sqlite";
import type { Config } from "@browservm/contract";
import type { Logger } from "pino";
import { LinkReaper } from "../linux/link-reaper.ts";
import { NetlinkSocket } from "../linux/netlink-socket.ts";
import { planAddresses } from "./address-plan.ts";
import { Canary, canaryDirectory } from "./canary.ts";
import { LearnedAddresses } from "./egress/learned-addresses.ts";
import { ProxyFlows } from "./egress/proxy/proxy-flows.ts";
import { LoadedRules } from "./firewall/loaded-rules.ts";
import { FirewallDesk } from "./firewall-desk.ts";
import { LinuxNetwork } from "./linux-network.ts";
import { networkLook } from "./look.ts";
import type { NetStep } from "./plan.ts";
import { RememberedSysctls } from "./remembered-sysctls.ts";
import { SlotStore } from "./slots.ts";
import { networkPlan, networkTarget } from "./target.ts";
import { describeUplink } from "./uplink.ts";

export interface OpenNetworkOptions {
  readonly config: Config;
  /** Brought up to date with `slotMigrations`. */
  readonly db: DatabaseSync;
  readonly log: Logger;
  /** Directory for the canary's identity and the like; ends with the boot. */
  readonly runDir: string;
  /** Told of every step of `ensure` before it runs; for tests that want to die in the middle. */
  readonly onStep?: (step: NetStep) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * The network of the namespace that this process is in. Reads the plan, touches nothing: `ensure` makes it.
 * BAD_CONFIG (range), STATE_DAMAGED.
 */
export async function openHostNetwork(options: OpenNetworkOptions): Promise<LinuxNetwork> {
  const { config, db, log, runDir, onStep = () => {}, now = Date.now } = options;
  const addresses = planAddresses(config.network.cidr);
  const slots = new SlotStore({ db, plan: addresses, restSeconds: config.network.restSeconds, now });
  const netlink = new NetlinkSocket();
  const reaper = new LinkReaper(netlink);
  const uplink = await describeUplink(config, netlink);
  const target = networkTarget(config, addresses, uplink);
  return new LinuxNetwork({
    config,
    log: log.child({ component: "net" }),
    slots,
    netlink,
    reaper,
    canary: new Canary({ netlink, reaper, directory: canaryDirectory({ runDir }) }),
    rules: new LoadedRules(target.tables),
    firewall: new FirewallDesk(target.tables),
    learned: new LearnedAddresses(),
    flows: new ProxyFlows(),
    look: networkLook({
      netlink,
      target,
      uplink: uplink.link,
      egressOf: ({ slot }) => slots.held().find(({ address }) => address.slot === slot)?.egress,
    }),
    uplink,
    target,
    plan: networkPlan(config, addresses, { target, uplink }),
    machineSysctls: new RememberedSysctls(`${runDir}/sysctls.json`),
    onStep,
  });
}
