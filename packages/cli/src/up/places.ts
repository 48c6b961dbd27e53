import { chmodSync, chownSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { type Config, paths } from "@browservm/contract";
import type { SystemUser } from "./system-user.ts";

/** Places that only `up` knows; documented in docs/reference/paths.md. */
export const upPlaces = ({ stateDir, runDir }: Pick<Config, "stateDir" | "runDir">) => ({
  releases: `${stateDir}/releases`,
  runtime: `${stateDir}/runtime`,
  /** What each service reads its settings from; only that service may read it. */
  hostConfig: `${runDir}/hostd.config.json`,
  controllerConfig: `${runDir}/controller.config.json`,
  gatewayConfig: `${runDir}/gateway.config.json`,
});

/** Makes the directories that services expect, each with its owner and mode, whatever the umask. */
export function layOutDirectories(config: Config, user: SystemUser): void {
  const place = paths(config);
  const up = upPlaces(config);
  const root = { uid: 0, gid: 0 };
  const directories: Array<[string, number, { uid: number; gid: number }]> = [
    [config.stateDir, 0o755, root],
    [place.images, 0o755, root],
    // VMMs run as their slot's own user and must pass through.
    [place.vms, 0o711, root],
    [dirname(place.hostDatabase), 0o700, root],
    [place.cache, 0o700, root],
    [place.logs, 0o750, root],
    [up.releases, 0o755, root],
    [up.runtime, 0o755, root],
    [dirname(place.controllerDatabase), 0o700, user],
    [config.runDir, 0o755, root],
    [place.vmRun, 0o711, root],
    [dirname(place.controllerSocket), 0o700, user],
  ];
  for (const [path, mode, { uid, gid }] of directories) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, mode);
    chownSync(path, uid, gid);
  }
}

/** Removes what the services left in the run directory, and the directory when nothing else is in it. */
export function clearRunDirectory(config: Config): void {
  const { hostConfig, controllerConfig, gatewayConfig } = upPlaces(config);
  const { hostSocket, controllerSocket, vmRun } = paths(config);
  for (const path of [
    hostConfig,
    controllerConfig,
    gatewayConfig,
    hostSocket,
    dirname(controllerSocket),
    vmRun,
    `${config.runDir}/canary`,
  ])
    rmSync(path, { recursive: true, force: true });
  try {
    rmdirSync(config.runDir);
  } catch {
    // somebody else keeps something there, or it is gone already
  }
}
