import { setTimeout as sleep } from "node:timers/promises";
import { makeId, type SessionId, type Signin } from "@browservm/contract";
import { PNG } from "pngjs";
import { expect } from "vitest";
import { GROUND, NAME_FIELD, PERSON } from "../../packages/controller/src/testing/login-pages.ts";
import type { Machine } from "../soak/machine.ts";
import { KEYS, Typist } from "./typist.ts";

const TRIES = 20;
/** What was typed before the warning was there went nowhere: it is typed again. */
const AGAIN_MS = 3000;

/** A person before the display of a sign-in's session: they see pixels, and type. */
export class Seat implements AsyncDisposable {
  readonly typist: Typist;
  readonly #machine: Machine;
  readonly #sessionId: SessionId;

  private constructor(machine: Machine, sessionId: SessionId, typist: Typist) {
    this.#machine = machine;
    this.#sessionId = sessionId;
    this.typist = typist;
  }

  static async at(machine: Machine, listen: string, { sessionId }: Signin): Promise<Seat> {
    if (!sessionId) throw new Error("it has no session");
    const { client } = machine.controller;
    const { secret } = await client.createApiKey({ name: "person", role: "user" });
    const viewer = makeId("vwr", crypto.getRandomValues(new Uint8Array(20)));
    const url = `ws://${listen}/v1/sessions/${sessionId}/vnc?viewer=${viewer}`;
    const typist = await Typist.sitDown(url, secret);
    await client.sessions.control(sessionId, { action: "take", viewer });
    return new Seat(machine, sessionId, typist);
  }

  async sees(ground: readonly number[]): Promise<void> {
    expect(await this.#seesSoon(ground, 60_000), `rgb(${ground})`).toBe(true);
  }

  /** The VM does not know who signed the test's certificate; a person may go on all the same. */
  async passCertificate(): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      this.typist.click(640, 660);
      await this.typist.type("thisisunsafe");
      if (await this.#seesSoon(GROUND.login, AGAIN_MS)) return;
    }
    expect.fail("the login page never came");
  }

  /** Name and password into a login page. */
  async typeName(): Promise<void> {
    this.typist.click(NAME_FIELD.x, NAME_FIELD.y);
    // On a slow machine some of what was typed before may have come to this page.
    await this.typist.selectAll();
    await this.typist.type(PERSON.name, KEYS.tab);
    await this.typist.type(PERSON.password, KEYS.enter);
  }

  /** All that the provider asks for. */
  async signIn(): Promise<void> {
    await this.passCertificate();
    await this.typeName();
    await this.sees(GROUND.code);
    await this.typist.type(PERSON.code, KEYS.enter);
    await this.sees(GROUND.consent);
    await this.typist.type("", KEYS.enter);
  }

  /** The page of the provider's that they are at, by its ground; undefined: none of them. */
  async where(): Promise<string | undefined> {
    const seen = await this.#look();
    return Object.entries(GROUND).find(([, ground]) => isGround(seen, ground))?.[0];
  }

  async #seesSoon(ground: readonly number[], timeoutMs: number): Promise<boolean> {
    for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(100))
      if (isGround(await this.#look(), ground)) return true;
    return false;
  }

  /** The colour of the display where neither a form is nor the pointer. */
  async #look(): Promise<number[]> {
    const picture = await this.#machine.controller.client.sessions.screenshot(this.#sessionId);
    const { data, width } = PNG.sync.read(Buffer.from(picture));
    return [...data.subarray((680 * width + 1000) * 4).subarray(0, 3)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.typist[Symbol.asyncDispose]();
  }
}

const isGround = (seen: readonly number[], ground: readonly number[]) =>
  seen.every((part, index) => Math.abs(part - (ground[index] ?? 0)) <= 3);
