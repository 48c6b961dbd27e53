import {
  type ApiKey,
  apiRoutes,
  type BodyInput,
  type DoctorFixReport,
  type DoctorReport,
  type Event,
  type HostInfo,
  type HostPicture,
  isBrowserVmError,
  type Me,
  type ReplyOf,
  type Route,
} from "@browservm/contract";
import { Audit } from "./audit.ts";
import { Connections } from "./connections.ts";
import { Invitations } from "./invitations.ts";
import { Keys } from "./keys.ts";
import { People } from "./people.ts";
import { Pools } from "./pools.ts";
import { Profiles } from "./profiles.ts";
import { type EventOptions, PASSING, resumeHeaders, Sessions } from "./sessions.ts";
import { Signins } from "./signins.ts";
import { Snapshots } from "./snapshots.ts";
import type { Fetch } from "./transport/fetch.ts";
import { resumableEvents } from "./transport/resumable-events.ts";
import { type CallOptions, RouteClient } from "./transport/route-client.ts";
import { VaultDesk } from "./vault.ts";

export interface BrowserVMOptions {
  /** e.g. `http://127.0.0.1:4000`; empty = the address of the page that runs this. */
  readonly baseUrl?: string;
  /** `bvm_…`; without it the browser's cookie says who asks. A view token (`bvv_…`) works too. */
  readonly apiKey?: string;
  /** Replaces the global `fetch`; see `@browservm/sdk/node` for a unix socket. */
  readonly fetch?: Fetch;
  /** Tries after the first, of requests that may be repeated; 2 unless told. */
  readonly retries?: number;
}

/** One of both, or neither for the whole host (for admins, as is a VM by its id). */
export type DoctorTarget = BodyInput<typeof apiRoutes.doctor>;

/** A whole host may have 250 VMs to probe. In milliseconds. */
const DOCTOR_CALL_MS = 150_000;

/** The client of BrowserVM's API. Runs in Node and in browsers. */
export class BrowserVM {
  readonly sessions: Sessions;
  readonly pools: Pools;
  readonly snapshots: Snapshots;
  readonly connections: Connections;
  readonly profiles: Profiles;
  readonly signins: Signins;
  readonly vault: VaultDesk;
  readonly audit: Audit;
  readonly keys: Keys;
  readonly people: People;
  readonly invitations: Invitations;
  readonly #client: RouteClient;
  readonly #apiKey: string | undefined;
  #csrfToken: Promise<string | null> | undefined;

  constructor({ baseUrl = "http://127.0.0.1:4000", apiKey, fetch, retries }: BrowserVMOptions = {}) {
    this.#apiKey = apiKey;
    this.#client = new RouteClient({
      fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)),
      baseUrl: baseUrl.replace(/\/+$/, ""),
      headers: (route) => this.#credentials(route),
      unreachable: "NOT_RUNNING",
      ...(retries === undefined ? {} : { retries }),
    });
    this.sessions = new Sessions(this.#client);
    this.pools = new Pools(this.#client);
    this.snapshots = new Snapshots(this.#client);
    this.connections = new Connections(this.#client);
    this.profiles = new Profiles(this.#client);
    this.signins = new Signins(this.#client);
    this.vault = new VaultDesk(this.#client);
    this.audit = new Audit(this.#client);
    this.keys = new Keys(this.#client);
    this.people = new People(this.#client);
    this.invitations = new Invitations(this.#client);
  }

  /** Who is asking. */
  async me(options?: CallOptions): Promise<Me> {
    return this.#isNow(await this.#client.call(apiRoutes.me, {}, options));
  }

  /** Exchanges a token of a link (sign-in or one-time view) for a cookie. */
  async login(token: string, options?: CallOptions): Promise<Me> {
    return this.#isNow(await this.#client.call(apiRoutes.login, { body: { token } }, options));
  }

  /** How people may sign in here. */
  loginWays(options?: CallOptions): Promise<ReplyOf<typeof apiRoutes.loginWays>> {
    return this.#client.call(apiRoutes.loginWays, {}, options);
  }

  /** Signs in by e-mail address and password: LOGIN_REFUSED, RATE_LIMITED. */
  async loginByPassword(
    request: BodyInput<typeof apiRoutes.passwordLogin>,
    options?: CallOptions,
  ): Promise<Me> {
    return this.#isNow(await this.#client.call(apiRoutes.passwordLogin, { body: request }, options));
  }

  /** Uses an invitation, or a link for a new password, and signs in: INVITATION_SPENT. */
  async acceptInvitation(
    request: BodyInput<typeof apiRoutes.acceptInvitation>,
    options?: CallOptions,
  ): Promise<Me> {
    return this.#isNow(await this.#client.call(apiRoutes.acceptInvitation, { body: request }, options));
  }

  /** Changes one's own password and ends one's other sign-ins: LOGIN_REFUSED. */
  async changePassword(
    request: BodyInput<typeof apiRoutes.changePassword>,
    options?: CallOptions,
  ): Promise<Me> {
    return this.#isNow(await this.#client.call(apiRoutes.changePassword, { body: request }, options));
  }

  /** Ends all of one's own sign-ins, and the views that they opened. */
  async signOutEverywhere(options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.signOutEverywhere, {}, options);
    this.#csrfToken = undefined;
  }

  async logout(options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.logout, {}, options);
    this.#csrfToken = undefined;
  }

  /** The machine: accelerator, network, images. */
  host(options?: CallOptions): Promise<HostInfo> {
    return this.#client.call(apiRoutes.host, {}, options);
  }

  /** The bridge, what is plugged into it, and what was repaired. For admins. */
  hostNetwork(options?: CallOptions): Promise<HostPicture> {
    return this.#client.call(apiRoutes.hostNetwork, {}, options);
  }

  /** Looks at a session's or a VM's whole path, or at the whole host; changes nothing. */
  examine(target: DoctorTarget = {}, options?: CallOptions): Promise<DoctorReport> {
    const slow = { timeoutMs: DOCTOR_CALL_MS, ...options };
    return this.#client.call(apiRoutes.doctor, { body: target }, slow);
  }

  /** What would be repaired by itself, or (`apply`) does it and looks again. For admins. */
  fix(request: BodyInput<typeof apiRoutes.doctorFix>, options?: CallOptions): Promise<DoctorFixReport> {
    const slow = { timeoutMs: DOCTOR_CALL_MS, ...options };
    return this.#client.call(apiRoutes.doctorFix, { body: request }, slow);
  }

  /** Resolves when sessions can be made; HOST_UNREACHABLE or NOT_RUNNING otherwise. */
  async ready(options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.ready, {}, options);
  }

  /** Numbers in the text format of Prometheus. */
  async metrics(options?: CallOptions): Promise<string> {
    return new TextDecoder().decode(await this.#client.bytes(apiRoutes.metrics, {}, options));
  }

  /** Events of all sessions in order, each once, across lost connections. */
  events(options: EventOptions = {}): AsyncGenerator<Event, void, undefined> {
    return resumableEvents(
      (after, signal) =>
        this.#client.stream(
          apiRoutes.events,
          { query: { after } },
          { signal, headers: resumeHeaders(after) },
        ),
      { ...options, passing: PASSING },
    );
  }

  /** A sign-in link that works once. For admins. */
  createLoginToken(options?: CallOptions) {
    return this.#client.call(apiRoutes.createLoginToken, {}, options);
  }

  /** The same as `keys.create`. */
  createApiKey(request: BodyInput<typeof apiRoutes.createApiKey>, options?: CallOptions) {
    return this.keys.create(request, options);
  }

  /** The same as `keys.list`. */
  listApiKeys(options?: CallOptions): Promise<readonly ApiKey[]> {
    return this.keys.list(options);
  }

  /** The same as `keys.remove`. */
  removeApiKey(id: string, options?: CallOptions): Promise<void> {
    return this.keys.remove(id, options);
  }

  #isNow(me: Me): Me {
    this.#csrfToken = Promise.resolve(me.csrfToken);
    return me;
  }

  async #credentials(route: Route): Promise<Record<string, string>> {
    if (this.#apiKey !== undefined) return { authorization: `Bearer ${this.#apiKey}` };
    const isSafe = route.method === "GET" || route.access === "open";
    const token = isSafe || !isBrowser() ? null : await this.#csrf();
    return token === null ? {} : { "x-csrf-token": token };
  }

  /** The cookie's CSRF token, asked for once; a stranger has none. */
  #csrf(): Promise<string | null> {
    this.#csrfToken ??= this.#client.call(apiRoutes.me).then(
      ({ csrfToken }) => csrfToken,
      (error: unknown) => {
        this.#csrfToken = undefined;
        if (isBrowserVmError(error, "UNAUTHENTICATED")) return null;
        throw error;
      },
    );
    return this.#csrfToken;
  }
}

/** Only browsers carry cookies for us. */
const isBrowser = () => "document" in globalThis;
