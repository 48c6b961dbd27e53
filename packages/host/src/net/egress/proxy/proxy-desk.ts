import {
  BrowserVmError,
  type EgressPolicy,
  type EgressProxy,
  isBrowserVmError,
  type ProxyCredentials,
  type ProxyCredentialsId,
  type ProxyReport,
  readProxyUrl,
  type VmId,
} from "@browservm/contract";
import type { Logger } from "pino";
import type { EventLog } from "../../../events/event-log.ts";
import { originalDestination } from "../../../linux/original-destination.ts";
import type { LinuxNetwork } from "../../linux-network.ts";
import { PROXY_PORT } from "../egress-rules.ts";
import { type CheckedProxy, checkProxy } from "./check-proxy.ts";
import { dialProxy, type ResolveProxy, type Upstream } from "./dial-proxy.ts";
import { findProxy } from "./find-proxy.ts";
import { Forwarder, type ProxiedGuest } from "./forwarder.ts";
import { KnownCredentials } from "./known-credentials.ts";
import { asUp, MISTRUSTED, mistrustOf, type ProxyState, ProxyStates } from "./proxy-states.ts";
import { type Look, ProxyWatch } from "./proxy-watch.ts";
import { SyntheticNames } from "./synthetic-names.ts";
import { untilTrusted } from "./until-trusted.ts";

const CHECK_MS = 10_000;
/** A look asks by way of the proxy and then directly, and asks resolvers before. */
const MOST_CHECKS = 3;
const DIAL_MS = 20_000;
const WATCH_MS = 20_000;
/** A hostd that comes back is told credentials as soon as it is reached. */
const TOLD_WITHIN_MS = 15_000;
/** A proxy that was found wanting already, or that does not reach some place, is no less well than it was. */
const NO_NEWS = [...MISTRUSTED, "PROXY_TARGET_REFUSED"] as const;

export interface ProxyDeskOptions {
  readonly network: LinuxNetwork;
  readonly events: Pick<EventLog, "append">;
  readonly log: Logger;
  /** `network.exitCheckUrl`. */
  readonly exitCheckUrl?: string;
  readonly watchMs?: number;
  readonly checkMs?: number;
}

type Examination = Pick<Look, "isThorough"> & Partial<Look>;

/** The proxies of sessions: their credentials, what is known of each, and the way through them. */
export class ProxyDesk implements AsyncDisposable {
  readonly #options: ProxyDeskOptions;
  readonly #credentials = new KnownCredentials();
  readonly #states = new ProxyStates();
  readonly #names = new SyntheticNames();
  readonly #resolve: ResolveProxy;
  readonly #watch: ProxyWatch;
  #forwarder: Forwarder | undefined;

  private constructor(options: ProxyDeskOptions) {
    this.#options = options;
    this.#resolve = findProxy(options.network.plan);
    this.#watch = new ProxyWatch({
      everyMs: options.watchMs ?? WATCH_MS,
      guests: () => this.#guests(),
      lookMs: MOST_CHECKS * (options.checkMs ?? CHECK_MS),
      look: (proxy, how) => this.#examine(proxy, how),
      stateOf: ({ vmId, policy }) => this.#states.of(vmId, policy.proxy),
      tell: (guest, state) => this.#tell(guest, state),
      tidy: (guests) => this.#tidy(guests),
      log: options.log,
    });
  }

  /** The bridge must have its address. EGRESS_PORT_TAKEN. */
  static async open(options: ProxyDeskOptions): Promise<ProxyDesk> {
    const desk = new ProxyDesk(options);
    desk.#forwarder = await Forwarder.listen({
      ip: options.network.plan.gateway,
      port: PROXY_PORT,
      flows: options.network.parts.flows,
      names: desk.#names,
      guestAt: (ip) => desk.#guests().find((guest) => guest.ip === ip),
      dial: (guest, target, signal) => desk.#dial(guest, target, signal),
      destinationOf: originalDestination,
    });
    desk.#watch.start();
    return desk;
  }

  putCredentials(id: ProxyCredentialsId, credentials: ProxyCredentials): void {
    this.#credentials.put(id, credentials);
    for (const { policy } of this.#guests())
      if (policy.proxy.credentials === id) this.#watch.ring(policy.proxy);
  }

  /** Before a policy is in force: nothing when its proxy is well, or it has none. The named errors of `checkProxy`. */
  async check(vmId: VmId, policy: EgressPolicy | undefined): Promise<void> {
    if (!policy || !hasProxy(policy)) return;
    const began = performance.now();
    const { credentials: id } = policy.proxy;
    if (id !== undefined) await this.#credentials.untilTold(id, TOLD_WITHIN_MS);
    const checked = await this.#examine(policy.proxy, { isThorough: true });
    this.#tell({ vmId, policy }, asUp(checked, performance.now() - began));
  }

  /** What a guest with a proxy is answered for a name. */
  addressFor(vmId: VmId, name: string): string {
    return this.#names.addressOf(vmId, name);
  }

  report(vmId: VmId): ProxyReport | undefined {
    const guest = this.#guests().find((one) => one.vmId === vmId);
    if (!guest) return undefined;
    const { flows } = this.#options.network.parts;
    return { ...this.#states.of(vmId, guest.policy.proxy), connections: flows.countOf(guest.ip) };
  }

  #guests(): Array<ProxiedGuest & { readonly ip: string }> {
    return this.#options.network.held().flatMap(({ vmId, address: { ip }, egress }) => {
      const policy = egress?.policy;
      return policy && hasProxy(policy) ? [{ vmId, ip, policy }] : [];
    });
  }

  async #dial(guest: ProxiedGuest, target: { host: string; port: number }, signal: AbortSignal) {
    try {
      const upstream = this.#upstream(guest.policy.proxy);
      await untilTrusted(guest, { states: this.#states, watch: this.#watch, signal });
      return await dialProxy(target, { upstream, resolve: this.#resolve, timeoutMs: DIAL_MS, signal });
    } catch (error) {
      if (!signal.aborted && !NO_NEWS.some((code) => isBrowserVmError(error, code)))
        this.#watch.ring(guest.policy.proxy);
      throw error;
    }
  }

  async #examine(proxy: EgressProxy, { isThorough, signal }: Examination): Promise<CheckedProxy> {
    const { exitCheckUrl = "", checkMs = CHECK_MS, network } = this.#options;
    const isAsked = isThorough && exitCheckUrl !== "";
    return checkProxy({
      upstream: this.#upstream(proxy),
      resolve: this.#resolve,
      timeoutMs: checkMs,
      signal,
      exitUrl: isAsked ? new URL(exitCheckUrl) : undefined,
      expectExit: isThorough ? proxy.expectExit : undefined,
      ownAddresses: network.parts.uplink.machineAddresses,
    });
  }

  /** PROXY_CREDENTIALS_UNKNOWN. */
  #upstream({ url, credentials: id }: EgressProxy): Upstream {
    const address = readProxyUrl(url);
    if (address.kind === "bad") throw new BrowserVmError("PROXY_UNREACHABLE", address.why);
    if (id === undefined) return { address };
    const credentials = this.#credentials.get(id);
    if (credentials) return { address, credentials };
    throw new BrowserVmError("PROXY_CREDENTIALS_UNKNOWN", "hostd was not told them since it began");
  }

  #tell({ vmId, policy: { proxy } }: ProxiedGuest, state: ProxyState): void {
    if (!this.#states.set(vmId, proxy, state)) return;
    const { status, exit, problem } = state;
    if (mistrustOf(state)) this.#cutAll(vmId);
    this.#options.events.append(vmId, "egress.proxy", { status, exit, problem });
    if (problem)
      this.#options.log.warn({ vmId, code: problem.code, reason: problem.message }, "a proxy is not well");
  }

  #cutAll(vmId: VmId): void {
    const address = this.#options.network.addressOf(vmId);
    if (address) this.#options.network.parts.flows.forget(address.ip);
  }

  #tidy(guests: readonly ProxiedGuest[]): void {
    const alive = new Set(this.#options.network.held().map(({ vmId }) => vmId));
    this.#states.keepOnly(alive);
    this.#names.keepOnly(alive);
    this.#credentials.forgetBut(new Set(guests.flatMap(({ policy: { proxy } }) => proxy.credentials ?? [])));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch[Symbol.asyncDispose]();
    await this.#forwarder?.[Symbol.asyncDispose]();
  }
}

const hasProxy = (policy: EgressPolicy): policy is ProxiedGuest["policy"] => policy.proxy !== undefined;
