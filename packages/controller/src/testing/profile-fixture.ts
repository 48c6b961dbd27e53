import { existsSync, readdirSync } from "node:fs";
import { paths } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";
import { TestController } from "./test-controller.ts";

export type ProfileMode = "read" | "write";

const LOOK_AGAIN_MS = 20;
const SETTLED_MS = 9000;

/** A controller with a fake hostd, and sessions with profiles; one for each test, from `start` until it is disposed. */
export class ProfileFixture implements AsyncDisposable {
  #api: TestController | undefined;

  async start(): Promise<void> {
    this.#api = await TestController.start();
  }

  get api(): TestController {
    if (!this.#api) throw new Error("the controller is only there during a test");
    return this.#api;
  }

  get client(): BrowserVM {
    return this.api.admin;
  }

  /** Where profiles lie. */
  get directory(): string {
    return paths(this.api.config).profiles;
  }

  /** The files there. */
  readonly stored = (): string[] => (existsSync(this.directory) ? readdirSync(this.directory).sort() : []);

  begin(name: string, mode: ProfileMode = "write") {
    return this.client.sessions.create({ profile: { name, mode } });
  }

  async statusOf(id: string) {
    return (await this.client.sessions.get(id)).status;
  }

  /** Fails unless the session comes to be so. */
  async until(id: string, status: string): Promise<void> {
    const deadline = Date.now() + SETTLED_MS;
    for (let now = await this.statusOf(id); now !== status; now = await this.statusOf(id)) {
      if (Date.now() > deadline) throw new Error(`the session is ${now} and not ${status}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** A session that is ready with its profile, and the VM of it. */
  async ready(name: string, mode: ProfileMode = "write") {
    const { id } = await this.begin(name, mode);
    await this.until(id, "ready");
    const vmId = (await this.client.sessions.get(id)).vm?.id ?? "";
    return { id, vmId };
  }

  /** A profile of that content, saved by a session that has ended. */
  async saved(name: string, content: Buffer | string = `the state of ${name}`) {
    const { id, vmId } = await this.ready(name);
    this.api.host.profiles.profiles.set(vmId, Buffer.from(content));
    await this.client.sessions.end(id);
    return this.profile(name);
  }

  async profile(name: string) {
    const found = (await this.client.profiles.list()).data.find((one) => one.name === name);
    if (!found) throw new Error(`there is no profile ${name}`);
    return found;
  }

  /** What the session's events said of its profile, in order. */
  async eventsOf(id: string): Promise<unknown[]> {
    const rows = await this.api.withStore((store) =>
      store
        .selectFrom("event")
        .selectAll()
        .where("subject", "=", id)
        .where("type", "=", "session.profile")
        .execute(),
    );
    return rows.map(({ data_json }) => JSON.parse(data_json));
  }

  async audited() {
    return (await this.client.audit.list()).data.map(({ action }) => action);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#api?.[Symbol.asyncDispose]();
    this.#api = undefined;
  }
}

/** The code of what refuses, or `done`. */
export const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: { code?: string }) => String(error.code),
  );
