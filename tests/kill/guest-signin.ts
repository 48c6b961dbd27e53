import { setTimeout as sleep } from "node:timers/promises";
import { type Signin, VmId } from "@browservm/contract";
import type { CreateSigninOptions } from "@browservm/sdk";
import { PERSON } from "../../packages/controller/src/testing/login-pages.ts";
import { oauthAt } from "../../packages/controller/src/testing/signin-fixture.ts";
import type { ProviderOutside } from "../harness/signin/provider-outside.ts";
import type { Machine } from "../soak/machine.ts";
import { Seat } from "../vm/seat.ts";
import { KEYS } from "../vm/typist.ts";
import type { GuestPoint } from "./guest-points.ts";
import { pidInside, TOOL_MARK } from "./guest-processes.ts";

/** Far below the time that a sign-in has (900 s): one that only ends by that hangs. */
const END_MS = 400_000;
const REACH_MS = 400_000;
const LOOK_MS = 100;
/** What was typed shows by then; else it went nowhere. */
const SHOWN_MS = 6000;
const TOOL_FILE = ".tool/auth.json";
const GO = "Downloads/go";

/** Where all of it is. */
export interface GuestStage {
  readonly machine: Machine;
  readonly listen: string;
  readonly provider: ProviderOutside;
  /** The site with a login of its own. */
  readonly site: string;
}

/** A sign-in in a real guest, with a person who sees pixels and types; something in that guest is killed. */
export class GuestSignin {
  readonly point: GuestPoint;
  readonly name: string;
  readonly #stage: GuestStage;
  #id = "";
  #seat: Seat | undefined;
  #hasConfirmed = false;

  constructor(stage: GuestStage, point: GuestPoint) {
    this.#stage = stage;
    this.point = point;
    this.name = `${point.victim}-${point.recipe}-${point.step}`;
  }

  get #client() {
    return this.#stage.machine.controller.client;
  }

  look(): Promise<Signin> {
    return this.#client.signins.get(this.#id);
  }

  /** From its beginning to its point. */
  async reach(): Promise<void> {
    const { recipe, step } = this.point;
    this.#id = (await this.#client.signins.create(this.#request())).id;
    if (step === "session") return void (await this.#until(() => this.#victim()));
    await this.#until(async () => (await this.look()).steps.at(-1)?.step === "user");
    if (recipe === "cli") return;
    const wanted = { user: "login", password: "code", capture: "consent" }[step];
    await this.#until(async () => (await this.#does(wanted)) === wanted);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    process.kill(await this.#until(() => this.#victim()), "SIGKILL");
    if (this.point.step === "capture") await this.#client.signins.confirm(this.#id);
  }

  /** Its person goes on, whatever became of it, until it is over and its session too. */
  async goOn(): Promise<Signin> {
    const deadline = Date.now() + END_MS;
    for (;;) {
      const signin = await this.look();
      if (signin.endedAt && signin.sessionOver) return signin;
      if (Date.now() > deadline) throw new Error(`${this.name} has no end: ${JSON.stringify(signin)}`);
      if (signin.state === "awaiting_user") await this.#does().catch(() => this.#leave());
      await sleep(LOOK_MS);
    }
  }

  async vmId(): Promise<VmId | undefined> {
    const { sessionId } = await this.look();
    const vm = sessionId && (await this.#client.sessions.get(sessionId)).vm;
    return vm ? VmId.parse(vm.id) : undefined;
  }

  async #victim(): Promise<number | undefined> {
    const vmId = await this.vmId();
    return vmId && pidInside(vmId, this.point.victim);
  }

  #request(): CreateSigninOptions {
    const { provider, site } = this.#stage;
    const { recipe } = this.point;
    if (recipe === "oauth") return { provider: this.name, settings: oauthAt(provider) };
    if (recipe === "cookies")
      return { provider: this.name, settings: { recipe, url: `${site}/login`, origins: [site] } };
    const script = `echo ${site}/login#${TOOL_MARK}; until [ -e ${GO} ]; do sleep 0.1; done; mkdir -p .tool; echo '{"token":"t"}' > ${TOOL_FILE}; sleep 60`;
    const files = [{ path: TOOL_FILE, jsonKeys: ["token"] }];
    return {
      provider: this.name,
      settings: { recipe, command: ["sh", "-c", script], urlPrefix: site, files },
    };
  }

  /** What its person does at what they see, unless that is `enough`; answers what they saw. */
  async #does(enough?: string): Promise<string | undefined> {
    if (this.point.recipe === "cli") return void (await this.#letToolGo());
    this.#seat ??= await Seat.at(this.#stage.machine, this.#stage.listen, await this.look());
    const seat = this.#seat;
    const seen = await seat.where();
    if (seen === enough && seen !== undefined) return seen;
    if (seen === "consent" && this.point.recipe === "cookies") await this.#confirm();
    else {
      await this.#answers(seat, seen);
      for (const end = Date.now() + SHOWN_MS; Date.now() < end && (await seat.where()) === seen; )
        await sleep(LOOK_MS);
    }
    return seen;
  }

  async #answers(seat: Seat, seen: string | undefined): Promise<void> {
    if (seen === "login") return seat.typeName();
    if (seen === "code") return seat.typist.type(PERSON.code, KEYS.enter);
    if (seen === "consent") return seat.typist.type("", KEYS.enter);
    // The browser warns of the test's certificate, or shows nothing yet.
    seat.typist.click(640, 660);
    return seat.typist.type("thisisunsafe");
  }

  async #confirm(): Promise<void> {
    if (this.#hasConfirmed) return;
    this.#hasConfirmed = true;
    await this.#client.signins.confirm(this.#id);
  }

  async #letToolGo(): Promise<void> {
    const vmId = await this.vmId();
    const file = { path: GO, ifExists: "replace" as const, body: new Blob(["go"]).stream() };
    if (vmId) await this.#stage.machine.host.client.writeFile(vmId, file, AbortSignal.timeout(10_000));
  }

  /** What they had before them is gone. */
  async #leave(): Promise<void> {
    await this.#seat?.[Symbol.asyncDispose]();
    this.#seat = undefined;
  }

  async #until<T>(found: () => Promise<T | undefined | false>): Promise<T> {
    for (const deadline = Date.now() + REACH_MS; Date.now() < deadline; await sleep(LOOK_MS)) {
      const signin = await this.look();
      if (signin.endedAt) throw new Error(`${this.name} is over: ${JSON.stringify(signin.reason)}`);
      const there = await found();
      if (there) return there;
    }
    throw new Error(`${this.name} did not get there: ${JSON.stringify(await this.look())}`);
  }
}
