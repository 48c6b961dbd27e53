import { type Config, paths, type VaultStatus } from "@browservm/contract";
import type { Logger } from "pino";
import { type Asker, AuditLog } from "../audit/audit-log.ts";
import type { EventLog } from "../events/event-log.ts";
import { profileStore } from "../profiles/profile-store.ts";
import type { Store } from "../store/store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { ConnectionService } from "./connection-service.ts";
import { connectionStore } from "./connection-store.ts";
import { HealthKeeper } from "./health-keeper.ts";
import { KeyCommand } from "./key-command.ts";
import { KeyFile } from "./key-file.ts";
import type { KeySource } from "./key-source.ts";
import { KeyVariable } from "./key-variable.ts";
import { OpenIdProvider, type Provider } from "./provider.ts";
import { ProxyVault } from "./proxy-vault.ts";
import { Refresher } from "./refresher.ts";
import { countBefore } from "./rewrapped-tables.ts";
import { Rotation } from "./rotation.ts";
import type { Secret } from "./secret.ts";
import { SecretWriter } from "./secret-writer.ts";
import { Vault } from "./vault.ts";

export interface VaultPartsDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly config: Pick<Config, "vault" | "limits" | "stateDir" | "runDir">;
  /** Of BVM_VAULT_KEY, when it was set. */
  readonly vaultKey?: Secret | undefined;
  readonly provider?: Provider;
}

/** Everything about connections: the vault and its key, the service, what looks after it, and the audit log. */
export class VaultParts implements AsyncDisposable {
  readonly audit: AuditLog;
  readonly connections: ConnectionService;
  readonly vault: Vault;
  readonly health: HealthKeeper;
  readonly rotation: Rotation;
  readonly proxies: ProxyVault;
  readonly #refresher: Refresher;
  readonly #store: Store;
  readonly #source: KeySource;

  constructor({ store, events, metrics, log, config, vaultKey, provider }: VaultPartsDeps) {
    this.#store = store;
    this.#source = keySource(config, vaultKey);
    this.audit = new AuditLog(store);
    this.vault = new Vault({ store, source: this.#source, log });
    const { vault, audit } = this;
    const writer = new SecretWriter({ vault, events });
    this.proxies = new ProxyVault({ store, vault, writer });
    const speaker = provider ?? new OpenIdProvider(15 * config.limits.timeoutScale);
    const refresher = new Refresher({ store, vault, writer, provider: speaker, metrics, log });
    this.#refresher = refresher;
    const { checkSeconds, connections: limit } = config.vault;
    this.connections = new ConnectionService({ store, vault, writer, refresher, log, limit, checkSeconds });
    this.health = new HealthKeeper({ store, writer, refresher, log, checkSeconds });
    this.rotation = new Rotation({ store, vault, source: this.#source, audit, log });
  }

  /** Opens the vault and begins what goes on in the background. Never fails: a shut vault stops nothing else. */
  async start(): Promise<void> {
    await this.vault.open();
    this.rotation.start();
    this.health.start();
  }

  async status(): Promise<VaultStatus> {
    const { obstacle } = this.vault;
    const keyVersion = obstacle ? null : this.vault.current;
    return {
      state: obstacle ? (STATES[obstacle.code as keyof typeof STATES] ?? "unusable_key") : "open",
      reason: obstacle?.message ?? null,
      keyFrom: this.#source.kind,
      keyVersion,
      connections: await connectionStore.count(this.#store),
      profiles: await profileStore.count(this.#store),
      waiting: keyVersion === null ? 0 : await countBefore(this.#store, keyVersion),
    };
  }

  async rotate(by: Asker): Promise<VaultStatus> {
    await this.rotation.begin(by);
    return this.status();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#refresher[Symbol.asyncDispose]();
    await this.health[Symbol.asyncDispose]();
    await this.rotation[Symbol.asyncDispose]();
    this.vault[Symbol.dispose]();
  }
}

/** The parts, at work. */
export async function startVault(deps: VaultPartsDeps): Promise<VaultParts> {
  const parts = new VaultParts(deps);
  await parts.start();
  return parts;
}

const STATES = { VAULT_LOCKED: "locked", VAULT_KEY_WRONG: "wrong_key" } as const;

function keySource(config: VaultPartsDeps["config"], vaultKey: Secret | undefined): KeySource {
  const { keyFrom, keyFile, keyCommand } = config.vault;
  if (keyFrom === "env") return new KeyVariable(vaultKey);
  if (keyFrom === "command") return new KeyCommand(keyCommand, config.limits.timeoutScale);
  return new KeyFile(keyFile || paths(config).vaultKey);
}
