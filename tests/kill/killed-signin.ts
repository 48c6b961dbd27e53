import { existsSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { paths, type Signin, type SigninStep, type VmId } from "@browservm/contract";
import type { CreateSigninOptions } from "@browservm/sdk";
import { Person } from "../../packages/controller/src/testing/person.ts";
import { oauthAt } from "../../packages/controller/src/testing/signin-fixture.ts";
import type { FakeSignin } from "../../packages/host/src/vmm/fake/signin-calls.ts";
import type { HeldProvider } from "./held-provider.ts";
import type { KillMachine } from "./kill-machine.ts";
import { type KillPoint, type KillStep, nameOf } from "./kill-points.ts";

const LOOK_MS = 50;
const REACH_MS = 60_000;
const END_MS = 90_000;
/** The guest looks at its changes every 25 ms. */
const SEEN_MS = 150;
/** A person who sees that nothing happens tries again. */
const AGAIN_MS = 1500;
export const GUEST_IMAGE = "played";
const ORIGIN = "https://shop.example";
const FILE = ".tool/auth.json";

/** Which call of the guest is kept without an answer until the point is reached. */
const HOLDS: Partial<Record<KillStep, FakeSignin["hold"]>> = { listen: ["start"], open: ["navigate"] };

/** Where the whole is to be found. */
export interface KillStage {
  readonly machine: KillMachine;
  readonly provider: HeldProvider;
  /** For the one that is asked for its metadata and does not answer. */
  readonly silent: HeldProvider;
}

/** One sign-in with its person, brought to a point, and on from there. */
export class KilledSignin {
  readonly point: KillPoint;
  readonly name: string;
  readonly #stage: KillStage;
  #id = "";
  #vmId: VmId | undefined;
  #actedAt = 0;

  constructor(stage: KillStage, point: KillPoint) {
    this.#stage = stage;
    this.point = point;
    this.name = nameOf(point);
  }

  get id(): string {
    return this.#id;
  }

  get vmId(): VmId {
    if (!this.#vmId) throw new Error(`${this.name} has no VM`);
    return this.#vmId;
  }

  /** What it captures, where that is no token. */
  get secret(): string {
    return `planted-${this.name}`;
  }

  get #provider(): HeldProvider {
    return this.point.step === "discover" ? this.#stage.silent : this.#stage.provider;
  }

  /** What comes after that needs nothing of the guest. */
  get #waitsAtExchange(): boolean {
    const { recipe, step } = this.point;
    return recipe === "oauth" && (step === "exchange" || step === "storing" || step === "ending");
  }

  /** Begun, and a machine is made for it. */
  async begin(): Promise<void> {
    const { step } = this.point;
    if (step === "discover" || step === "issued") this.#provider.hold(this.name, step);
    if (this.#waitsAtExchange) this.#provider.hold(this.name, "exchange");
    this.#id = (await this.#stage.machine.client.signins.create(this.#request())).id;
    await this.#until(async () => this.#findVm(await this.look()));
    // A browser that has not painted keeps its VM from being ready.
    await this.#change(
      { hold: HOLDS[step] ?? [] },
      step === "session" ? { browser: { painted: false } } : {},
    );
  }

  /** Begins it anew. */
  async retry(): Promise<void> {
    await this.#stage.machine.client.signins.retry(this.#id);
  }

  /** Whether its machine is there: each attempt has another one. */
  async #findVm({ sessionId }: Signin): Promise<boolean> {
    const vm = sessionId && (await this.#stage.machine.client.sessions.get(sessionId)).vm;
    if (!vm) return false;
    this.#vmId = vm.id;
    // From then on its directory is its own.
    return existsSync(join(this.#runDirectory, "ctl.sock"));
  }

  /** The same request, also for what is retried. */
  #request(): CreateSigninOptions {
    const { recipe } = this.point;
    const common = { provider: this.name, session: { image: GUEST_IMAGE } };
    if (recipe === "cookies")
      return { ...common, settings: { recipe, url: `${ORIGIN}/login`, origins: [ORIGIN] } };
    if (recipe === "cli") {
      const files = [{ path: FILE, jsonKeys: ["token"] }];
      return { ...common, settings: { recipe, install: ["get", "it"], command: ["tool"], files } };
    }
    const settings = oauthAt(this.#provider.login);
    const client = { ...settings.client, tokenEndpoint: this.#provider.tokenEndpoint(this.name) };
    return { ...common, settings: { ...settings, client } };
  }

  /** Begun, and as far as it can wait for others: at its person, or where it stands still. */
  async settle(): Promise<void> {
    await this.begin();
    const { recipe, step } = this.point;
    if (step === "session") return;
    if (step === "discover") return this.#provider.reached(this.name);
    if (step === "listen") return this.#untilStep("prepare");
    if (step === "open") return this.#untilStep("open");
    if (step === "install") return this.#untilStep("install");
    if (recipe === "cli") await this.#change({ url: `${ORIGIN}/tool` });
    return this.#untilStep("user");
  }

  /** From its person to its point; what is asked there does not wait long. */
  async hurry(): Promise<void> {
    const { step } = this.point;
    if (step === "caught") await this.#act({ hold: ["frames"] });
    if (step === "issued" || this.#waitsAtExchange) {
      await this.#act();
      await this.#provider.reached(this.name);
    }
    if (step === "capture") {
      await this.#act({ hold: ["capture", "state"] });
      await this.#untilStep("capture");
    }
  }

  /** It goes on to be stored: whoever is asked stands still from then on, so nobody waits. */
  store(): void {
    if (this.#waitsAtExchange) this.letGo();
    else void this.#act().catch(() => {});
  }

  /** It is stored, and hostd – which stands still – was asked to remove its VM. */
  async stopEnding(): Promise<void> {
    await this.#stage.machine.signal("hostd", "SIGSTOP");
    this.letGo();
    await this.#until(async () => (await this.look()).state === "completed");
    await sleep(SEEN_MS);
  }

  letGo(): void {
    this.#provider.release(this.name);
  }

  /** Its person goes on, whatever became of it, until it is over and its session too. */
  async goOn(): Promise<Signin> {
    const deadline = Date.now() + END_MS;
    for (;;) {
      const signin = await this.look().catch(() => undefined); // the controller comes again
      if (signin?.endedAt && signin.sessionOver) return signin;
      if (Date.now() > deadline) throw new Error(`${this.name} has no end: ${JSON.stringify(signin)}`);
      if (signin) await this.#helpOn(signin).catch(() => {}); // what it needs is not back yet
      await sleep(LOOK_MS);
    }
  }

  async #helpOn(signin: Signin): Promise<void> {
    if (Date.now() < this.#actedAt + AGAIN_MS || !(await this.#findVm(signin))) return;
    if (signin.state === "awaiting_user" && signin.steps.at(-1)?.step === "user") return this.#act();
    await this.#change(this.#captured());
  }

  look(): Promise<Signin> {
    return this.#stage.machine.client.signins.get(this.#id);
  }

  /** What its person does: signs in at the provider, or says that they have. */
  async #act(more: Partial<FakeSignin> = {}): Promise<void> {
    const { recipe } = this.point;
    this.#actedAt = Date.now();
    if (recipe === "oauth") {
      const { guide } = await this.look();
      return this.#change({ callback: await new Person().signIn(guide?.url ?? ""), ...more });
    }
    await this.#change({ ...this.#captured(), ...more });
    if (recipe === "cookies") await this.#stage.machine.client.signins.confirm(this.#id);
  }

  #captured(): Partial<FakeSignin> {
    const { recipe } = this.point;
    if (recipe === "oauth") return {};
    const cookie = { name: "sid", value: this.secret, domain: "shop.example", path: "/" };
    if (recipe === "cookies")
      return { state: { cookies: [{ ...cookie, secure: true, httpOnly: true }], storage: [] } };
    const data = Buffer.from(JSON.stringify({ token: this.secret })).toString("base64");
    return { url: `${ORIGIN}/tool`, files: [{ path: FILE, mode: 0o600, data }] };
  }

  get #runDirectory(): string {
    return join(paths(this.#stage.machine.config).vmRun, this.vmId);
  }

  /** Of a VM that is gone nothing is changed. */
  async #change(signin: Partial<FakeSignin>, more: object = {}): Promise<void> {
    const path = join(this.#runDirectory, "changes.json");
    try {
      await writeFile(`${path}.new`, JSON.stringify({ signin, ...more }));
      await rename(`${path}.new`, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    await sleep(SEEN_MS);
  }

  async #untilStep(wanted: SigninStep): Promise<void> {
    await this.#until(async () => {
      const signin = await this.look();
      if (signin.endedAt) throw new Error(`${this.name} is over: ${JSON.stringify(signin.reason)}`);
      return signin.steps.at(-1)?.step === wanted;
    });
    await sleep(SEEN_MS);
  }

  async #until(isThere: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + REACH_MS;
    while (!(await isThere())) {
      if (Date.now() > deadline)
        throw new Error(`${this.name} did not get there: ${JSON.stringify(await this.look())}`);
      await sleep(LOOK_MS);
    }
  }
}
