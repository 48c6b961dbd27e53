import type { Config } from "@browservm/contract";
import type { Logger } from "pino";
import type { Store } from "../store/store.ts";
import { Authenticator } from "./authenticator.ts";
import { OidcLogin } from "./oidc-login.ts";
import { ProjectWall } from "./project-wall.ts";
import type { PublicAddress } from "./public-address.ts";

export interface AuthDeps {
  readonly store: Store;
  readonly config: Pick<Config, "auth">;
  readonly address: PublicAddress;
  readonly log: Logger;
  readonly passwordCost?: number | undefined;
}

/** The parts that decide who comes in and what they reach, joined. */
export function makeAuth({ store, config, address, log, passwordCost }: AuthDeps) {
  return {
    authenticator: new Authenticator(store, passwordCost),
    wall: new ProjectWall(store),
    oidc: new OidcLogin({ store, settings: config.auth.oidc, address, log }),
  };
}
