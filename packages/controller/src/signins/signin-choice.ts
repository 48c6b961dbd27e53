import {
  BrowserVmError,
  type ConnectionId,
  ConnectionKind,
  type CreateSignin,
  OAuthSettings,
  type SigninProvider,
  type SigninSettings,
} from "@browservm/contract";
import type { Logger } from "pino";
import type { Store } from "../store/store.ts";
import type { ConnectionTable } from "../store/tables.ts";
import type { ConnectionSecret } from "../vault/connection-secret.ts";
import { connectionStore } from "../vault/connection-store.ts";
import { openConnection } from "../vault/open-connection.ts";
import type { Vault } from "../vault/vault.ts";
import type { KnownProvider } from "./providers.ts";
import type { Recipe } from "./recipe.ts";
import { recipeOf } from "./recipes/recipe-of.ts";

export interface ChoiceDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly log: Logger;
  readonly known: readonly KnownProvider[];
  /** Connections that may exist. */
  readonly limit: number;
}

/** What a sign-in is to be. */
export interface Chosen {
  readonly provider: string;
  readonly settings: SigninSettings;
  readonly recipe: Recipe & { readonly name: SigninSettings["recipe"] };
  /** The connection to be renewed. */
  readonly target: ConnectionTable | null;
}

interface Target {
  readonly row: ConnectionTable;
  readonly secret: ConnectionSecret;
}

/** Finds out how to sign in, and refuses what would not end in a connection. */
export class SigninChoice {
  readonly #deps: ChoiceDeps;

  constructor(deps: ChoiceDeps) {
    this.#deps = deps;
  }

  /** VAULT_LOCKED and its like, SIGNIN_PROVIDER_UNKNOWN, and as `check`. */
  async choose({ project, provider, settings: given, connection }: CreateSignin): Promise<Chosen> {
    // Where nothing could be stored, nobody shall sign in.
    void this.#deps.vault.current;
    const target = connection === undefined ? null : await this.#open(connection);
    if (target && project !== undefined && target.row.project !== project)
      throw unsuitable(target.row, "it is of another project");
    const name = provider ?? target?.row.provider ?? "";
    if (target && target.row.provider !== name)
      throw unsuitable(target.row, `it is of the provider ${target.row.provider}`);
    const settings = given ?? this.#known(name)?.settings ?? (target && settingsOf(target.secret));
    if (!settings)
      throw new BrowserVmError(
        "SIGNIN_PROVIDER_UNKNOWN",
        `no provider ${name} is known, and no settings were given`,
      );
    await this.#refuse(settings, target);
    const recipe = { ...recipeOf(settings), name: settings.recipe };
    return { provider: name, settings, recipe, target: target?.row ?? null };
  }

  /** The same for another attempt. SIGNIN_SETTINGS_INVALID, CONNECTION_UNSUITABLE, CONNECTION_LIMIT, CONNECTION_NOT_FOUND. */
  async check(settings: SigninSettings, into: ConnectionId | null): Promise<void> {
    void this.#deps.vault.current;
    await this.#refuse(settings, into === null ? null : await this.#open(into));
  }

  providers(): SigninProvider[] {
    return this.#deps.known.map(({ name, title, source, settings }) => {
      const { kind, captures, leaves } = recipeOf(settings);
      const { recipe } = settings;
      return { name, title, recipe, kind, source, captures: [...captures], leaves: [...leaves] };
    });
  }

  async #refuse(settings: SigninSettings, target: Target | null): Promise<void> {
    const { store, limit } = this.#deps;
    const recipe = recipeOf(settings);
    const refusal = recipe.refusal?.();
    if (refusal) throw refusal;
    if (!target) {
      if ((await connectionStore.count(store)) >= limit)
        throw new BrowserVmError("CONNECTION_LIMIT", `there are ${limit} connections`, { limit });
      return;
    }
    if (target.row.kind !== recipe.kind)
      throw unsuitable(
        target.row,
        `it is of kind ${target.row.kind}, and this sign-in yields ${recipe.kind}`,
      );
    refuseOtherIssuer(target, settings);
  }

  #known(name: string): KnownProvider | undefined {
    return this.#deps.known.find((each) => each.name === name);
  }

  async #open(id: ConnectionId): Promise<Target> {
    const { kind } = await connectionStore.get(this.#deps.store, id);
    return openConnection(this.#deps, id, ConnectionKind.parse(kind));
  }
}

/** The same subject of another issuer is another account. */
function refuseOtherIssuer({ row, secret }: Target, settings: SigninSettings): void {
  if (secret.kind !== "oauth" || settings.recipe !== "oauth") return;
  const [before, now] = [secret.client.issuer, settings.client.issuer];
  if (before !== undefined && before !== now) throw unsuitable(row, `it is of the issuer ${before}`);
}

/** As it was signed in before, or as its tokens are refreshed. */
function settingsOf(secret: ConnectionSecret): SigninSettings | undefined {
  if (secret.signin) return secret.signin;
  if (secret.kind !== "oauth") return undefined;
  return OAuthSettings.parse({ recipe: "oauth", client: secret.client, scopes: secret.scopes });
}

const unsuitable = ({ id }: ConnectionTable, why: string) =>
  new BrowserVmError("CONNECTION_UNSUITABLE", `connection ${id} cannot be renewed so: ${why}`);
