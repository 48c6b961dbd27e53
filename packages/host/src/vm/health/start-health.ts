import type { Config } from "@browservm/contract";
import type { VmDeps } from "../vm-deps.ts";
import type { VmService } from "../vm-service.ts";
import { HealthRounds } from "./health-rounds.ts";
import { VitalSigns } from "./vital-signs.ts";

export interface StartHealthOptions {
  readonly config: Config;
  readonly vms: VmService;
  readonly deps: Pick<VmDeps, "examine" | "mend" | "log" | "patience">;
}

/** The proofs that ready VMs are still well, as the configuration wants them. */
export function startHealth({ config, vms, deps }: StartHealthOptions): Disposable {
  const { log, examine, mend, patience } = deps;
  const signs = new VitalSigns(vms, patience);
  signs.start();
  const rounds = new HealthRounds({
    ready: () =>
      vms.readyVms().map(({ vmId, live, file }) => ({
        vmId,
        health: file.record.health,
        prove: () => live.provePath(),
        tell: (health) => file.health(health),
      })),
    everyMs: config.limits.stabilitySeconds * 1000,
    mend,
    examine,
    log: log.child({ component: "health" }),
  });
  if (config.limits.stabilitySeconds > 0) rounds.start();
  return {
    [Symbol.dispose]() {
      signs[Symbol.dispose]();
      rounds[Symbol.dispose]();
    },
  };
}
