import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { Config, type CreateConnection, CreateConnection as CreateSchema, paths } from "@browservm/contract";
import { SYSTEM } from "../audit/audit-log.ts";
import { EventLog } from "../events/event-log.ts";
import { makeLogger } from "../log.ts";
import { openStore, type Store } from "../store/store.ts";
import { Metrics } from "../telemetry/metrics.ts";
import type { Provider } from "../vault/provider.ts";
import type { Secret } from "../vault/secret.ts";
import { VaultParts } from "../vault/vault-parts.ts";
import type { TestProvider } from "./test-provider.ts";

/** One controller's vault, opened. */
export interface OpenVault {
  readonly parts: VaultParts;
  readonly store: Store;
  readonly events: EventLog;
  readonly metrics: Metrics;
  close(): Promise<void>;
}

export interface VaultOptions {
  readonly vault?: Partial<Config["vault"]>;
  readonly vaultKey?: Secret;
  readonly provider?: Provider;
  /** Instead of one on the fixture's database; closed with the vault. */
  readonly store?: Store;
}

/** A state directory with a database, in which vaults are opened and closed. */
export class VaultFixture implements AsyncDisposable {
  readonly directory: string;
  /** Everything that was logged. */
  logged = "";
  readonly #open = new Set<OpenVault>();

  /** In a directory of its own, or in another fixture's. */
  constructor(directory = mkdtempSync(join(tmpdir(), "bvm-vault-"))) {
    this.directory = directory;
  }

  config(vault: Partial<Config["vault"]> = {}): Config {
    return Config.parse({ stateDir: this.directory, runDir: this.directory, vault });
  }

  get database(): string {
    return paths(this.config()).controllerDatabase;
  }

  get keyFile(): string {
    return paths(this.config()).vaultKey;
  }

  async open({ vault, vaultKey, provider, store: given }: VaultOptions = {}): Promise<OpenVault> {
    const config = this.config(vault);
    const store = given ?? (await openStore(this.database));
    const events = new EventLog(store);
    const metrics = new Metrics();
    const sink = new Writable({
      write: (chunk: Buffer, _, done) => {
        this.logged += chunk.toString("utf8");
        done();
      },
    });
    const log = makeLogger("debug", sink);
    const parts = new VaultParts({
      store,
      events,
      metrics,
      log,
      config,
      vaultKey,
      ...(provider ? { provider } : {}),
    });
    await parts.vault.open();
    parts.rotation.start();
    const opened: OpenVault = {
      parts,
      store,
      events,
      metrics,
      close: async () => {
        if (!this.#open.delete(opened)) return;
        await parts[Symbol.asyncDispose]();
        await store.destroy();
      },
    };
    this.#open.add(opened);
    return opened;
  }

  /** Every byte below the directory: database, WAL, key, everything. */
  bytes(): Buffer {
    const walk = (path: string): string[] =>
      readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? walk(join(path, entry.name)) : [join(path, entry.name)],
      );
    return Buffer.concat(
      walk(this.directory)
        .filter(existsSync)
        .map((path) => readFileSync(path)),
    );
  }

  async closeAll(): Promise<void> {
    for (const opened of [...this.#open]) await opened.close();
  }

  /** As if the time of every refresh lease were over: its holder is dead. */
  async endLeases(store: Store): Promise<void> {
    await store.updateTable("connection_lease").set({ expires_ms: 0 }).execute();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeAll();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A request for an OAuth connection whose access token is over, unless told. */
export async function oauthRequest(
  provider: TestProvider,
  { expiresAt = new Date(Date.now() - 1000).toISOString() } = {},
): Promise<CreateConnection> {
  const { accessToken, refreshToken } = await provider.issue();
  return CreateSchema.parse({
    kind: "oauth",
    provider: "test",
    subject: "person",
    client: { issuer: provider.issuer, ...provider.client },
    tokens: { accessToken, refreshToken, expiresAt, scopes: ["openid"] },
  });
}

export const filesRequest = (text = "credentials of a tool"): CreateConnection =>
  CreateSchema.parse({
    kind: "files",
    provider: "tool",
    files: [{ path: ".tool/auth.json", mode: 0o600, data: Buffer.from(text).toString("base64") }],
  });

/** A connection of a fresh grant, stored. */
export const storeOAuth = async (opened: OpenVault, provider: TestProvider) =>
  opened.parts.connections.create(await oauthRequest(provider), SYSTEM);
