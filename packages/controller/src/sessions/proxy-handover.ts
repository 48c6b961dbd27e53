import { type EgressPolicy, isBrowserVmError } from "@browservm/contract";
import type { Logger } from "pino";
import type { HostClient } from "../host/host-client.ts";
import type { Store } from "../store/store.ts";
import type { ProxyVault } from "../vault/proxy-vault.ts";
import { sessionStore } from "./session-store.ts";

export interface HandoverDeps {
  readonly store: Store;
  readonly host: HostClient;
  readonly proxies: ProxyVault;
  readonly log: Logger;
}

/** Tells hostd the credentials of proxies: it has them in memory only. */
export class ProxyHandover {
  readonly #deps: HandoverDeps;
  #isDue = false;

  constructor(deps: HandoverDeps) {
    this.#deps = deps;
  }

  /** Those of this policy, before hostd is asked to put it in force. PROXY_CREDENTIALS_UNKNOWN, VAULT_LOCKED, HOST_UNREACHABLE. */
  async tell(policy: EgressPolicy | null | undefined): Promise<void> {
    const id = policy?.proxy?.credentials;
    if (id === undefined) return;
    const { host, proxies } = this.#deps;
    await host.putProxyCredentials(id, await proxies.open(id));
  }

  /** hostd may have begun anew: all that lives is told again. */
  hostBegins(): void {
    this.#isDue = true;
  }

  /** What is still to be told; what cannot be stays to be told, and its sessions stay closed meanwhile. */
  async tellDue(): Promise<void> {
    if (!this.#isDue) return;
    this.#isDue = false;
    const { store, log } = this.#deps;
    const policies = (await sessionStore.unsettled(store)).map(({ request }) => request.egress);
    const byId = new Map(policies.map((policy) => [policy?.proxy?.credentials, policy]));
    for (const [id, policy] of byId)
      await this.tell(policy).catch((error: unknown) => {
        // Nobody will ever know what is gone.
        if (!isBrowserVmError(error, "PROXY_CREDENTIALS_UNKNOWN")) this.#isDue = true;
        log.warn({ err: error, credentials: id }, "hostd could not be told the credentials of a proxy");
      });
  }
}
