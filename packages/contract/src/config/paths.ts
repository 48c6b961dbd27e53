import type { Config } from "./schema.ts";

/** Every place on disk that two programs must agree on. Documented file by file in docs/reference/paths.md. */
export const paths = ({ stateDir, runDir }: Pick<Config, "stateDir" | "runDir">) => ({
  images: `${stateDir}/images`,
  vms: `${stateDir}/vms`,
  /** Golden snapshots, a directory for each. */
  snapshots: `${stateDir}/snapshots`,
  hostDatabase: `${stateDir}/hostd/hostd.db`,
  controllerDatabase: `${stateDir}/controller/controller.db`,
  /** The vault's master key, unless the settings say that it is elsewhere. */
  vaultKey: `${stateDir}/controller/vault.key`,
  /** Sealed profiles, a file for each. */
  profiles: `${stateDir}/controller/profiles`,
  cache: `${stateDir}/cache`,
  /** Each service's own words, a file for each. */
  logs: `${stateDir}/logs`,
  /** What was kept of failed VMs, a directory for each. */
  failures: `${stateDir}/failures`,
  hostSocket: `${runDir}/hostd.sock`,
  /** Calls on this socket are admin: the file's mode (0600, root and the controller's user) is the proof. */
  controllerSocket: `${runDir}/ctl/controller.sock`,
  /** The media gateway for the controller, which runs as the same user. */
  gatewaySocket: `${runDir}/ctl/gateway.sock`,
  /** Per-VM sockets (QMP, control channel). */
  vmRun: `${runDir}/vm`,
  upPid: `${runDir}/up.json`,
});
