import { createHash, randomUUID } from "node:crypto";
import type { GuestHandlers, GuestNote, GuestNoteData } from "@browservm/contract";
import type { FakeOrders } from "./plan.ts";

type Tell = <N extends GuestNote>(name: N, data: GuestNoteData<N>) => void;

/** What a fake guest remembers, and its planned answers to the contract's calls. */
export class FakeGuest {
  readonly #orders: FakeOrders;
  readonly #say: (line: string) => void;
  readonly #bootId = randomUUID();
  readonly #startedAt = Date.now();
  readonly #files = new Map<string, Buffer>();
  #hello = { vmId: "", nonce: "" };
  #display = { width: 1280, height: 720 };
  #url = "about:blank";
  #nextExec = 1;

  constructor(orders: FakeOrders, say: (line: string) => void) {
    this.#orders = orders;
    this.#say = say;
  }

  nonceAnswer(): object {
    const nonce = this.#orders.plan.nonce === "lie" ? "another machine's nonce" : this.#hello.nonce;
    return { ...this.#hello, nonce, bootId: this.#bootId };
  }

  /** `tell` sends a note to the host that is connected. */
  handlers(tell: Tell): GuestHandlers {
    return {
      ...this.#machine(),
      ...this.#network(),
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
          bootId: this.#bootId,
          image: "fake",
          hasBrowser: this.#orders.plan.browser !== "none",
          injected: this.#orders.injected.map((path) => ({ path, state: "ok" as const })),
          uptimeMs: Date.now() - this.#startedAt,
        };
      },
      "services.status": ({ units }) => ({
        units: units.map((name) => ({ name, active: "active", sub: "running", result: "success" })),
        failed: [],
      }),
      "health.get": () => ({
        memory: { totalKib: 512_000, availableKib: 400_000 },
        oomKills: 0,
        filesystems: [],
        injected: this.#orders.injected.map((path) => ({ path, state: "ok" as const })),
        environmentErrors: [],
        failedUnits: [],
        counters: {},
        firewall: [],
        clock: new Date().toISOString(),
      }),
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

  #network() {
    const { address, mtu } = this.#orders;
    const link = { up: true, carrier: true };
    return {
      "network.get": () => ({
        links: [
          { ...link, name: "lo", mac: "00:00:00:00:00:00", mtu: 65_536, addresses: ["127.0.0.1/8"] },
          { ...link, name: "eth0", mac: address.mac, mtu, addresses: [`${address.ip}/${address.prefix}`] },
        ],
        routes: [{ to: "default", via: address.gateway, dev: "eth0" }],
        neighbours: [{ ip: address.gateway, mac: "02:fc:00:00:00:01", dev: "eth0", state: "REACHABLE" }],
        dns: [],
        authorities: ["systemd-networkd"],
      }),
      "network.set": () => ({}),
      // Nobody is there behind a fake: what must be closed looks closed.
      "probe.tcp": () => ({ answer: "refused", ms: 1, errno: "ECONNREFUSED" }),
      "probe.ping": () => ({ ok: true, ms: 1 }),
      "probe.dns": () => ({ ok: true, addresses: ["192.0.2.1"] }),
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
      "browser.status": () => ({
        running: browser !== "none",
        url: this.#url,
        painted: browser === "painted",
      }),
      "browser.navigate": ({ url }) => {
        if (browser === "none") throw new Error("this guest has no browser");
        this.#url = url;
        return { accepted: true };
      },
    } satisfies Partial<GuestHandlers>;
  }
}
