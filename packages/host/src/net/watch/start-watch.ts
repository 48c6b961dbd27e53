import { type Config, HOST_SUBJECT, type VmId } from "@browservm/contract";
import type { Logger } from "pino";
import type { EventLog } from "../../events/event-log.ts";
import type { LostTap } from "../keeper.ts";
import type { LinuxNetwork } from "../linux-network.ts";
import { describeStep, type NetStep } from "../plan.ts";
import { NetworkWatch } from "./network-watch.ts";
import { RepairLog } from "./repair-log.ts";
import { findSuspects } from "./suspects.ts";

export interface StartWatchOptions {
  readonly config: Config;
  readonly network: LinuxNetwork;
  readonly events: Pick<EventLog, "append">;
  readonly log: Logger;
  /** A running VM lost its TAP for good; `cause` is one sentence with the suspects. */
  readonly onLost: (vmId: VmId, cause: string, lost: LostTap) => void;
}

/** The watch over this network as the configuration wants it; dispose it before the network is dismantled. */
export async function startWatch(
  options: StartWatchOptions,
): Promise<{ watch: NetworkWatch; repairs: RepairLog }> {
  const { config, network, events, onLost } = options;
  const repairs = new RepairLog(events);
  const isOurs = config.network.namespace === "isolated";
  const watch = new NetworkWatch({
    keeper: network.keeper,
    held: () => network.held(),
    heal: config.network.heal,
    suspects: (actors) => findSuspects({ actors, isOurs, ownMark: config.runDir }),
    onRepair: (repair) => repairs.add(repair),
    onFault: (step) => tellFault(events, step),
    onLost: (lost, { cause, suspects }) => {
      const who = suspects.length > 0 ? ` (perhaps by ${suspects.join("; ")})` : "";
      onLost(lost.vmId, `${cause}${who}`, lost);
    },
    log: options.log.child({ component: "watch" }),
  });
  await watch.start();
  return { watch, repairs };
}

function tellFault(events: Pick<EventLog, "append">, step: NetStep): void {
  const { vmId, ...because } = step.because;
  events.append(vmId ?? HOST_SUBJECT, "network.fault", { ...because, step: describeStep(step) });
}
