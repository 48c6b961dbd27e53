import { chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Config, GATEWAY_PATHS, paths } from "@browservm/contract";
import { upPlaces } from "./places.ts";
import { type HttpTarget, httpAnswers, httpResponds, type Probe } from "./probe.ts";
import type { SystemUser } from "./system-user.ts";

export type ServiceName = "hostd" | "gateway" | "controller" | "web";

/** How one service is started, and how it proves that it is there. */
export interface ServiceSpec {
  readonly name: ServiceName;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user?: SystemUser;
  readonly ready: Probe;
  /** It answers at all. One that is silent for long is ended and started again. */
  readonly responds: Probe;
  /** How long it may take to be there, in milliseconds. */
  readonly readyMs: number;
  /** The others do without it when it cannot be kept alive. */
  readonly isOptional?: boolean;
}

export interface ServiceInput {
  readonly config: Config;
  readonly release: string;
  readonly node: string;
  readonly user: SystemUser;
}

/** The first start boots a small VM to prove the accelerator, under emulation too. */
const HOSTD_READY_MS = 300_000;
const READY_MS = 60_000;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const NODE_FLAGS = ["--disable-warning=ExperimentalWarning"];

/** `enter` goes before the command, so that hostd starts inside its network namespace. */
export function hostdSpec(
  { config, release, node }: Omit<ServiceInput, "user">,
  enter: readonly string[],
): ServiceSpec {
  const { hostConfig } = upPlaces(config);
  writeSettings(hostConfig, config);
  // Node never changes its namespace itself: that is per thread (setns(2)).
  const [file = node, ...args] = [...enter, node, ...NODE_FLAGS, join(release, "packages/host/src/hostd.ts")];
  return {
    name: "hostd",
    file,
    args,
    cwd: release,
    env: { PATH, LANG: "C.UTF-8", NODE_ENV: "production", BROWSERVM_CONFIG_FILE: hostConfig },
    ...proofs({ socketPath: paths(config).hostSocket, path: "/v1/host" }),
    readyMs: HOSTD_READY_MS * config.limits.timeoutScale,
  };
}

/** `more` are variables beside its settings, e.g. a secret that it takes out of its environment at its start. */
export function controllerSpec(
  { config, release, node, user }: ServiceInput,
  more: Readonly<Record<string, string>> = {},
): ServiceSpec {
  const { controllerConfig } = upPlaces(config);
  writeSettings(controllerConfig, config, user);
  return {
    name: "controller",
    file: node,
    args: [...NODE_FLAGS, join(release, "packages/controller/src/controller.ts")],
    cwd: release,
    env: {
      PATH,
      LANG: "C.UTF-8",
      NODE_ENV: "production",
      BROWSERVM_CONFIG_FILE: controllerConfig,
      ...more,
    },
    user,
    ...proofs({ socketPath: paths(config).controllerSocket, path: "/readyz" }),
    readyMs: READY_MS * config.limits.timeoutScale,
  };
}

export function gatewaySpec({ config, release, node, user }: ServiceInput): ServiceSpec {
  const { gatewayConfig } = upPlaces(config);
  writeSettings(gatewayConfig, config, user);
  return {
    name: "gateway",
    file: node,
    args: [...NODE_FLAGS, join(release, "packages/gateway/src/gateway.ts")],
    cwd: release,
    env: { PATH, LANG: "C.UTF-8", NODE_ENV: "production", BROWSERVM_CONFIG_FILE: gatewayConfig },
    user,
    ...proofs({ socketPath: paths(config).gatewaySocket, path: GATEWAY_PATHS.health }),
    readyMs: READY_MS * config.limits.timeoutScale,
    // Viewers go on by VNC.
    isOptional: true,
  };
}

export function webSpec({ config, release, node, user }: ServiceInput): ServiceSpec {
  const [host = "127.0.0.1", port = "3000"] = config.webListen.split(":");
  return {
    name: "web",
    file: node,
    args: [join(release, "web/packages/web/server.js")],
    cwd: join(release, "web/packages/web"),
    env: {
      PATH,
      LANG: "C.UTF-8",
      NODE_ENV: "production",
      NEXT_TELEMETRY_DISABLED: "1",
      HOSTNAME: host,
      PORT: port,
    },
    user,
    ...proofs({ host, port: Number(port), path: "/" }),
    readyMs: READY_MS * config.limits.timeoutScale,
  };
}

const proofs = (target: HttpTarget) => ({ ready: httpAnswers(target), responds: httpResponds(target) });

/** The resolved settings for one service: a file of its own, never arguments or environment. */
function writeSettings(file: string, config: Config, owner?: SystemUser): void {
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  if (owner) chownSync(file, owner.uid, owner.gid);
}
