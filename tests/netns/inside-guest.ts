import { spawn } from "node:child_process";
import type { GuestCall, GuestParams, GuestResult } from "@browservm/contract";
import { parseSnmp } from "../../packages/host/src/doctor/sight/counters.ts";
import { healthyGuest } from "../../packages/host/src/doctor/testing/healthy-sight.ts";
import type { Guest } from "../../packages/host/src/guest/guest.ts";
import type { FakeGuest } from "./fake-guest.ts";

type Answers = { [C in GuestCall]?: (params: GuestParams<C>) => Promise<GuestResult<C>> };

// What `ip -j` says, as far as it is looked at.
interface IpLink {
  readonly ifname: string;
  readonly address: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly addr_info: ReadonlyArray<{ readonly local: string; readonly prefixlen: number }>;
}
interface IpRoute {
  readonly dst: string;
  readonly dev: string;
  readonly gateway?: string;
}
interface IpNeighbour {
  readonly dst: string;
  readonly dev: string;
  readonly state: readonly string[];
  readonly lladdr?: string;
}

/** The agent's side of a fake guest: asks the real network stack in its namespace, as an agent would in a machine. */
export class InsideGuest implements Pick<Guest, "call"> {
  readonly #guest: FakeGuest;
  /** What the next calls answer instead. */
  readonly instead: Answers = {};

  constructor(guest: FakeGuest) {
    this.#guest = guest;
  }

  async call<C extends GuestCall>(name: C, params: GuestParams<C>): Promise<GuestResult<C>> {
    const answer = this.instead[name] ?? this.#answers()[name];
    if (!answer) throw new Error(`the guest does not know ${name}`);
    return answer(params);
  }

  #answers(): Answers {
    const guest = this.#guest;
    return {
      "network.get": () => this.#network(),
      "services.status": async () => ({ units: [], failed: [] }),
      "health.get": () => this.#health(),
      "probe.tcp": async ({ address, port }) => {
        const { answer, ms } = await guest.tcp(address, port);
        return { answer, ms };
      },
      "probe.ping": async ({ address, payloadBytes, dontFragment }) => {
        const size = ["-s", String(payloadBytes), "-M", dontFragment ? "do" : "dont"];
        const { ok, output } = await guest.run("ping", "-c", "1", "-W", "1", ...size, address);
        return ok ? { ok, ms: 1 } : { ok, error: /too long/.test(output) ? "EMSGSIZE" : "no reply" };
      },
    };
  }

  async #network(): Promise<GuestResult<"network.get">> {
    const list = async (what: string) => JSON.parse((await this.#guest.ip("-j", what)) || "[]");
    const links: IpLink[] = await list("addr");
    const routes: IpRoute[] = await list("route");
    const neighbours: IpNeighbour[] = await list("neigh");
    return {
      links: links.map(({ ifname, address, flags, mtu, addr_info }) => ({
        name: ifname,
        mac: address,
        up: flags.includes("UP"),
        carrier: flags.includes("LOWER_UP"),
        mtu,
        addresses: addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
      })),
      routes: routes.map(({ dst, dev, gateway }) => ({ to: dst, dev, ...(gateway ? { via: gateway } : {}) })),
      neighbours: neighbours.map(({ dst, dev, state, lladdr }) => ({
        ip: dst,
        dev,
        state: state.join(),
        ...(lladdr ? { mac: lladdr } : {}),
      })),
      dns: [],
      authorities: ["systemd-networkd"],
    };
  }

  async #health(): Promise<GuestResult<"health.get">> {
    const { output } = await this.#guest.run("cat", "/proc/net/snmp");
    const { health } = healthyGuest();
    if (!health) throw new Error("a healthy guest tells of its health");
    return { ...health, counters: parseSnmp(output), clock: new Date().toISOString() };
  }
}

/** Answers the nonce on the agent's port of a fake guest, and says hello as an SSH server does. Ends with `end`. */
export function serveAgent(
  { namespace }: FakeGuest,
  answer: { readonly vmId: string; readonly nonce: string },
) {
  const script = `
    const http = require("node:http"), net = require("node:net");
    http.createServer((_, reply) => reply.end(${JSON.stringify(JSON.stringify({ ...answer, bootId: "b" }))})).listen(8080);
    net.createServer((socket) => socket.on("error", () => {}).write("SSH-2.0-fake\\r\\n")).listen(22, () => console.log("ready"));`;
  return spawn("ip", ["netns", "exec", namespace, process.execPath, "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}
