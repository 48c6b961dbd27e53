import { apiRoutes, type Profile, type ReplyOf } from "@browservm/contract";
import type { CallOptions, RouteClient } from "./transport/route-client.ts";

export interface ProfileListOptions {
  readonly project?: string;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  readonly limit?: number;
}

export interface SaveProfileOptions {
  /** The name of a new profile; left out: the one that the session writes. */
  readonly saveAs?: string;
}

/** A large profile of an emulated browser takes its time. In milliseconds. */
const SAVE_MS = 600_000;

/** `/v1/profiles`: named browser profiles. Sessions load one when they are made: `profile: { name, mode }`. */
export class Profiles {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  /** One page, by name. */
  list(
    query: ProfileListOptions = {},
    options?: CallOptions,
  ): Promise<ReplyOf<typeof apiRoutes.listProfiles>> {
    return this.#client.call(apiRoutes.listProfiles, { query: { ...query } }, options);
  }

  /** PROFILE_NOT_FOUND. */
  get(id: string, options?: CallOptions): Promise<Profile> {
    return this.#client.call(apiRoutes.getProfile, { params: { id } }, options);
  }

  /** PROFILE_EXISTS. */
  rename(id: string, name: string, options?: CallOptions): Promise<Profile> {
    return this.#client.call(apiRoutes.renameProfile, { params: { id }, body: { name } }, options);
  }

  /** PROFILE_IN_USE while a session writes it. */
  async remove(id: string, options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.removeProfile, { params: { id } }, options);
  }

  /** Saves a session's browser, which is closed and opened for it. PROFILE_NOT_HELD, PROFILE_EXISTS, PROFILE_SAVE_FAILED. */
  save(sessionId: string, request: SaveProfileOptions = {}, options?: CallOptions): Promise<Profile> {
    const input = { params: { id: sessionId }, body: { ...request } };
    return this.#client.call(apiRoutes.saveProfile, input, { timeoutMs: SAVE_MS, ...options });
  }
}
