import { createHash } from "node:crypto";
import type { GuestHandlers, GuestNote, GuestNoteData, GuestResult } from "@browservm/contract";
import { type FakeChanges, readChanges } from "./changes.ts";
import { GuestClock } from "./guest-clock.ts";
import { bootedMemory, type GuestMemory } from "./guest-memory.ts";
import type { GuestNetwork } from "./guest-network.ts";
import { identityCalls } from "./identity-calls.ts";
import { machineFile } from "./machine-files.ts";
import type { FakeOrders } from "./plan.ts";
import { FakeSignins } from "./signin-calls.ts";

type Tell = <N extends GuestNote>(name: N, data: GuestNoteData<N>) => void;

export interface FakeGuestOptions {
  readonly orders: FakeOrders;
  readonly network: GuestNetwork;
  readonly say: (line: string) => void;
  /** The guest has another identity now, and its agent starts anew. */
  readonly onTaken: () => void;
}

const ROOT = { mount: "/", totalKib: 4_000_000, freeKib: 3_000_000, inodesFree: 100_000, readOnly: false };
const COUNT_MS = 100;

/** What a fake guest remembers, and its planned answers to the contract's calls. */
export class FakeGuest {
  readonly #orders: FakeOrders;
  readonly #network: GuestNetwork;
  readonly #say: (line: string) => void;
  readonly #onTaken: () => void;
  readonly #memory: GuestMemory;
  readonly #clock: GuestClock;
  readonly #signins = new FakeSignins(() => this.#changes.signin);

  constructor({ orders, network, say, onTaken }: FakeGuestOptions) {
    this.#orders = orders;
    this.#network = network;
    this.#say = say;
    this.#onTaken = onTaken;
    this.#memory = orders.memory ?? bootedMemory(orders);
    this.#clock = new GuestClock(this.#memory);
  }

  /** All that it knows now, as it would be frozen. */
  remember(): GuestMemory {
    const { nowMs, uptimeMs } = this.#clock;
    return { ...this.#memory, clockMs: nowMs, uptimeMs };
  }

  /** Says the numbers on the console, from the one after the last that it said. */
  count(): void {
    setInterval(() => this.#say(`count ${String(++this.#memory.count).padStart(8, "0")}`), COUNT_MS);
  }

  /** undefined: it says nothing. */
  nonceAnswer(): object | undefined {
    const { nonce = this.#orders.plan.nonce } = this.#changes;
    if (nonce === "mute") return undefined;
    const { hello, bootId } = this.#memory;
    return { ...hello, nonce: nonce === "lie" ? "another machine's nonce" : hello.nonce, bootId };
  }

  get #changes(): FakeChanges {
    return readChanges(this.#orders.changes);
  }

  /** `tell` sends a note to the host that is connected. */
  handlers(tell: Tell): GuestHandlers {
    return {
      ...this.#machine(),
      ...this.#identity(),
      ...this.#probes(),
      ...this.#programs(tell),
      ...this.#storage(),
      ...this.#screen(),
      ...this.#signins.calls,
    };
  }

  #machine() {
    return {
      hello: ({ vmId, nonce, display }) => {
        this.#memory.hello = { vmId, nonce };
        if (display) this.#memory.display = display;
        return {
          agentVersion: "fake",
          // An agent that executes itself anew is told from the one before by what it draws.
          incarnation: createHash("sha256").update(this.#memory.randomness.seed).digest("hex").slice(0, 32),
          bootId: this.#memory.bootId,
          image: "fake",
          hasBrowser: this.#orders.plan.browser !== "none",
          injected: this.#injected(),
          uptimeMs: this.#clock.uptimeMs,
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
          injected: this.#injected(),
          environmentErrors: [],
          failedUnits: [],
          counters: this.#network.counters(),
          firewall: await this.#network.firewall(),
          clock: new Date(this.#clock.nowMs).toISOString(),
        };
        return laidOver(health, this.#changes.health);
      },
      "journal.tail": () => ({ lines: ["fake: the journal's only line"], cursor: "1" }),
      "journal.after": ({ cursor }) => ({ lines: [], cursor }),
      "agent.log": ({ after }) => ({ lines: [], next: after }),
      "clock.set": ({ time }) => ({ stepMs: this.#clock.set(time) }),
      shutdown: () => {
        if (this.#orders.plan.stubborn === "no") setTimeout(() => process.exit(0), 10);
        return {};
      },
    } satisfies Partial<GuestHandlers>;
  }

  #identity() {
    return identityCalls({
      memory: this.#memory,
      network: this.#network,
      clock: this.#clock,
      now: () => {
        const { plan } = this.#orders;
        const { identity = plan.identity, forget = plan.forget } = this.#changes;
        return { identity, forget };
      },
      onTaken: this.#onTaken,
    });
  }

  #injected() {
    return this.#memory.injected.map((path) => ({ path, state: "ok" as const }));
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

  /** Runs nothing: a command's output is the command itself, except for `cat` of a file that there is. */
  #programs(tell: Tell) {
    return {
      "exec.start": ({ command }) => {
        const execId = this.#memory.nextExec++;
        this.#say(`fake: exec ${execId}`);
        const [program, path = ""] = command;
        const file = program === "cat" ? machineFile(this.#memory, path) : undefined;
        setTimeout(() => {
          const data = (file ?? Buffer.from(`${command.join(" ")}\n`)).toString("base64");
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
    const { files } = this.#memory;
    return {
      "files.put": ({ path, offset, data, done }) => {
        const before = Buffer.from(files[path] ?? "", "base64").subarray(0, offset);
        const content = Buffer.concat([before, Buffer.from(data, "base64")]);
        files[path] = content.toString("base64");
        const altered = done && createHash("sha256").update(content).digest("hex") !== done.sha256;
        if (altered) throw new Error(`${path} arrived altered`);
        return { size: content.length };
      },
      "files.get": ({ path, offset, length }) => {
        const content = machineFile(this.#memory, path);
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
    const memory = this.#memory;
    return {
      "display.info": () => ({ ready: browser !== "none", ...memory.display }),
      "display.resize": ({ width, height }) => {
        memory.display = { width, height };
        return memory.display;
      },
      "clipboard.put": ({ size }) => {
        this.#say(`fake: a piece of an image of ${size} bytes`);
        return {};
      },
      "browser.status": () => {
        const painted = browser === "painted";
        const status: GuestResult<"browser.status"> = {
          ...{ running: browser !== "none", url: memory.url, painted },
          ...(painted ? { version: "fake", pid: process.pid } : {}),
        };
        return laidOver(status, this.#changes.browser);
      },
      "browser.navigate": async ({ url }, { signal }) => {
        if (browser === "none") throw new Error("this guest has no browser");
        await this.#signins.released("navigate", signal);
        memory.url = url;
        return { accepted: true, ms: 0 };
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
