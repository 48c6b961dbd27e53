import { Writable } from "node:stream";
import { Config, paths } from "@browservm/contract";
import { EventLog } from "../events/event-log.ts";
import { HostClient } from "../host/host-client.ts";
import { makeLogger } from "../log.ts";
import { PoolKeeper } from "../pools/pool-keeper.ts";
import { ProfileParts } from "../profiles/profile-parts.ts";
import { HostFollower } from "../sessions/host-follower.ts";
import { makeSessions } from "../sessions/make-sessions.ts";
import { SessionDesk } from "../sessions/session-desk.ts";
import { SigninParts } from "../signins/signin-parts.ts";
import type { Store } from "../store/store.ts";
import { Metrics } from "../telemetry/metrics.ts";
import { VaultParts } from "../vault/vault-parts.ts";

/** What a controller needs to run sign-ins, and no more: quickly there, and easily killed. */
export class SigninProcess implements AsyncDisposable {
  readonly signins: SigninParts;
  readonly vault: VaultParts;
  readonly sessions: ReturnType<typeof makeSessions>["sessions"];
  readonly #parts: AsyncDisposableStack;

  private constructor(
    init: Pick<SigninProcess, "signins" | "vault" | "sessions">,
    parts: AsyncDisposableStack,
  ) {
    this.signins = init.signins;
    this.vault = init.vault;
    this.sessions = init.sessions;
    this.#parts = parts;
  }

  /** On a store of the caller's, in this directory, with a hostd that listens there. */
  static async start(directory: string, store: Store): Promise<SigninProcess> {
    const config = Config.parse({ stateDir: directory, runDir: directory });
    const { limits } = config;
    const log = makeLogger("error", new Writable({ write: (_chunk, _encoding, done) => done() }));
    const undo = new AsyncDisposableStack();
    const host = undo.use(new HostClient({ socketPath: paths(config).hostSocket, timeoutScale: 1 }));
    const events = new EventLog(store);
    const metrics = new Metrics();
    const keeper = undo.use(new PoolKeeper({ store, events, host, metrics, log, ...limits }));
    const vault = undo.use(new VaultParts({ store, events, metrics, log, config }));
    const { proxies } = vault;
    const profiles = new ProfileParts({ store, events, host, vault: vault.vault, metrics, log, config });
    const core = makeSessions({ store, events, host, metrics, log, limits, keeper, profiles, proxies });
    const follower = undo.use(
      new HostFollower({ ...core, store, events, host, pools: keeper, metrics, log }),
    );
    const desk = new SessionDesk({ ...core, host });
    const signins = undo.use(
      new SigninParts({
        ...{ ...core, store, events, desk, host, vault, log, config },
        profiles: profiles.service,
      }),
    );
    const process = new SigninProcess({ signins, vault, sessions: core.sessions }, undo);
    await vault.vault.open();
    follower.start();
    signins.start();
    return process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}
