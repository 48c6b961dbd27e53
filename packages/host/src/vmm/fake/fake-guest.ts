import { createHash, randomUUID } from "node:crypto";
import type { GuestHandlers, GuestNote, GuestNoteData, GuestResult } from "@browservm/contract";
import { type FakeChanges, readChanges } from "./changes.ts";
import type { GuestNetwork } from "./guest-network.ts";
import type { FakeOrders } from "./plan.ts";

type Tell = <N extends GuestNote>(name: N, data: GuestNoteData<N>) => void;

const ROOT = { mount: "/", totalKib: 4_000_000, freeKib: 3_000_000, inodesFree: 100_000, readOnly: false };

/** What a fake guest remembers, and its planned answers to the contract's calls. */
export class FakeGuest {
  readonly #orders: FakeOrders;
  readonly #network: GuestNetwork;
  readonly #say: (line: string) => void;
  readonly #bootId = randomUUID();
  readonly #startedAt = Date.now();
  readonly #files = new Map<string, Buffer>();
  #hello = { vmId: "", nonce: "" };
  #display = { width: 1280, height: 720 };
  #url = "about:blank";
  #nextExec = 1;

  constructor(orders: FakeOrders, network: GuestNetwork, say: (line: string) => void) {
    this.#orders = orders;
    this.#network = network;
    this.#say = say;
  }

  /** undefined: it says nothing. */
  nonceAnswer(): object | undefined {
    const { nonce = this.#orders.plan.nonce } = this.#changes;
    if (nonce === "mute") return undefined;
    const answer = nonce === "lie" ? "another machine's nonce" : this.#hello.nonce;
    return { ...this.#hello, nonce: answer, bootId: this.#bootId };
  }

  get #changes(): FakeChanges {
    return readChanges(this.#orders.changes);
  }

  /** `tell` sends a note to the host that is connected. */
  handlers(tell: Tell): GuestHandlers {
    return {
      ...this.#machine(),
      ...this.#probes(),
      ...this.#programs(tell),
      ...this.#storage(),
      ...this.#screen(),
    };
  }

  #machine() {
    return {
      hello: ({ vmId, nonce, display }) => {
        this.#hello = { vmId, nonce };
        if (display) this.#display = display;
        return {
          agentVersion: "fake",
          incarnation: "fake",
          bootId: this.#bootId,
          image: "fake",
          hasBrowser: this.#orders.plan.browser !== "none",
          injected: this.#orders.injected.map((path) => ({ path, state: "ok" as const })),
          uptimeMs: Date.now() - this.#startedAt,
        };
      },
      "services.status": ({ units }) => {
        const running = { active: "active", sub: "running", result: "success" };
        const answer: GuestResult<"services.status"> = {
          units: units.map((name) => ({ name, ...running })),
          failed: [],
        };
        return laidOver(answer, this.#changes.services);
      },
      "health.get": async () => {
        const health: GuestResult<"health.get"> = {
          memory: { totalKib: 512_000, availableKib: 400_000 },
          oomKills: 0,
          filesystems: [ROOT],
          injected: this.#orders.injected.map((path) => ({ path, state: "ok" as const })),
          environmentErrors: [],
          failedUnits: [],
          counters: this.#network.counters(),
          firewall: await this.#network.firewall(),
          clock: new Date().toISOString(),
        };
        return laidOver(health, this.#changes.health);
      },
      "journal.tail": () => ({ lines: ["fake: the journal's only line"], cursor: "1" }),
      "journal.after": ({ cursor }) => ({ lines: [], cursor }),
      "agent.log": ({ after }) => ({ lines: [], next: after }),
      "clock.set": ({ time }) => ({ stepMs: Date.parse(time) - Date.now() }),
      shutdown: () => {
        if (this.#orders.plan.stubborn === "no") setTimeout(() => process.exit(0), 10);
        return {};
      },
    } satisfies Partial<GuestHandlers>;
  }

  #probes() {
    return {
      "network.get": () => laidOver(this.#network.get(), this.#changes.network),
      "network.set": () => ({}),
      "probe.tcp": (target) => this.#network.tcp(target),
      "probe.ping": (target) => this.#network.ping(target),
      "probe.dns": (question) => this.#network.dns(question),
    } satisfies Partial<GuestHandlers>;
  }

  /** Runs nothing: a command's output is the command itself. */
  #programs(tell: Tell) {
    return {
      "exec.start": ({ command }) => {
        const execId = this.#nextExec++;
        this.#say(`fake: exec ${execId}`);
        setTimeout(() => {
          const data = Buffer.from(`${command.join(" ")}\n`).toString("base64");
          tell("exec.output", { execId, stream: "stdout", data });
          tell("exec.exit", { execId, code: 0, signal: null, truncated: false });
        }, 1);
        return { execId };
      },
      "exec.stdin": () => ({}),
      "exec.kill": () => ({}),
    } satisfies Partial<GuestHandlers>;
  }

  #storage() {
    return {
      "files.put": ({ path, offset, data, done }) => {
        const before = (this.#files.get(path) ?? Buffer.alloc(0)).subarray(0, offset);
        const content = Buffer.concat([before, Buffer.from(data, "base64")]);
        this.#files.set(path, content);
        const altered = done && createHash("sha256").update(content).digest("hex") !== done.sha256;
        if (altered) throw new Error(`${path} arrived altered`);
        return { size: content.length };
      },
      "files.get": ({ path, offset, length }) => {
        const content = this.#files.get(path);
        if (!content) throw new Error(`${path}: no such file`);
        const part = content.subarray(offset, offset + length);
        return {
          data: part.toString("base64"),
          size: content.length,
          eof: offset + part.length >= content.length,
        };
      },
    } satisfies Partial<GuestHandlers>;
  }

  #screen() {
    const { browser } = this.#orders.plan;
    return {
      "display.info": () => ({ ready: browser !== "none", ...this.#display }),
      "display.resize": ({ width, height }) => {
        this.#display = { width, height };
        return this.#display;
      },
      "browser.status": () => {
        const status = { running: browser !== "none", url: this.#url, painted: browser === "painted" };
        return laidOver(status, this.#changes.browser);
      },
      "browser.navigate": ({ url }) => {
        if (browser === "none") throw new Error("this guest has no browser");
        this.#url = url;
        return { accepted: true };
      },
    } satisfies Partial<GuestHandlers>;
  }
}

/** What is laid over comes from JSON, so a key that is there has a value. */
function laidOver<Answer extends object>(
  answer: Answer,
  changes: { readonly [Key in keyof Answer]?: Answer[Key] | undefined } = {},
): Answer {
  return Object.assign(answer, changes);
}
