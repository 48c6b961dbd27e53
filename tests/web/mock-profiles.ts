import { randomBytes } from "node:crypto";
import { BrowserVmError, makeId, Profile, ProfileId, type Session } from "@browservm/contract";
import type { MockApi } from "./mock-api.ts";
import { page } from "./mock-connections.ts";

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

/** Profiles as they are told of; what is in them is nobody's here. */
export class MockProfiles {
  profiles: Profile[] = [];
  /** The next save fails. */
  failsToSave = false;
  readonly #api: MockApi;

  constructor(api: MockApi) {
    this.#api = api;
  }

  add(over: Partial<Profile> & { readonly name: string }): Profile {
    const made = Profile.parse({
      id: ProfileId.parse(makeId("prf", randomBytes(20))),
      project: "default",
      version: 3,
      storedBytes: 500_000,
      bytes: 2_621_440,
      createdAt: ago(90_000),
      savedAt: ago(600),
      savedFrom: null,
      usedAt: ago(3600),
      writer: null,
      failure: null,
      ...over,
    });
    this.profiles.push(made);
    this.profiles.sort((a, b) => a.name.localeCompare(b.name));
    return made;
  }

  /** The answer of a route that is about profiles; undefined: it is not. */
  answer(
    name: string,
    params: Record<string, string>,
    query: Record<string, string>,
    body: unknown,
  ): unknown {
    if (name === "listProfiles") return page(this.profiles, query, ({ id }) => id);
    if (name === "removeProfile") return this.#remove(params.id);
    if (name === "saveProfile") return this.#save(params.id ?? "", body as { saveAs?: string });
    return undefined;
  }

  #remove(id: string | undefined): object {
    const found = this.profiles.find((one) => one.id === id);
    if (!found) throw new BrowserVmError("PROFILE_NOT_FOUND", `there is no profile ${id}`);
    if (found.writer)
      throw new BrowserVmError("PROFILE_IN_USE", `session ${found.writer.sessionId} writes it`);
    this.profiles = this.profiles.filter((one) => one !== found);
    return {};
  }

  #save(sessionId: string, { saveAs }: { saveAs?: string }): Profile {
    if (this.failsToSave) {
      this.failsToSave = false;
      throw new BrowserVmError("PROFILE_SAVE_FAILED", "GUEST_CALL_FAILED: the browser did not close in time");
    }
    if (saveAs !== undefined) return this.add({ name: saveAs, version: 1 });
    const session = this.#api.lives.get(sessionId)?.session as Session;
    const held = this.profiles.find(({ id }) => id === session.profile?.id);
    if (!held || !session.profile) throw new BrowserVmError("PROFILE_NOT_HELD", "it writes no profile");
    held.version += 1;
    this.#api.change(
      sessionId,
      { profile: { ...session.profile, version: held.version } },
      "session.profile",
    );
    return held;
  }
}
