import { Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { GuestParams, GuestResult } from "@browservm/contract";
import { listAddresses } from "../../linux/addresses.ts";
import { sendEcho } from "../../linux/icmp-echo.ts";
import { listLinks } from "../../linux/links.ts";
import { listNeighbours } from "../../linux/neighbours.ts";
import { NetlinkSocket } from "../../linux/netlink-socket.ts";
import { listRoutes } from "../../linux/routes.ts";
import { run } from "../../process/run.ts";
import type { NetworkMemory } from "./guest-memory.ts";
import type { GuestNetwork } from "./guest-network.ts";
import { changeStack, forgetStackNeighbours } from "./stack-settings.ts";

const RT_TABLE_MAIN = 254; // linux/rtnetlink.h

/** What the network stack of this thread's namespace says, asked as the guest's agent asks. */
export function stackNetwork(begin: NetworkMemory): GuestNetwork {
  let { dns } = begin;
  return {
    get: () => ({ ...readStack(), dns, authorities: ["systemd-networkd"] }),
    tcp: probeTcp,
    ping: probePing,
    dns: (question) => probeDns(question, dns),
    counters: readCounters,
    firewall: readFirewall,
    change: (settings) => {
      dns = settings.dns;
      changeStack(settings);
    },
    forgetNeighbours: forgetStackNeighbours,
  };
}

function readStack(): Pick<GuestResult<"network.get">, "links" | "routes" | "neighbours"> {
  using netlink = new NetlinkSocket();
  const links = listLinks(netlink);
  const addresses = listAddresses(netlink);
  const nameOf = (index: number) => links.find((link) => link.index === index)?.name ?? "";
  return {
    links: links.map(({ name, index, mac, up, carrier, mtu }) => ({
      ...{ name, mac, up, carrier, mtu },
      addresses: addresses
        .filter(({ ifindex }) => ifindex === index)
        .map(({ ip, prefix }) => `${ip}/${prefix}`),
    })),
    routes: listRoutes(netlink)
      .filter(({ table }) => table === RT_TABLE_MAIN)
      .map(({ ip, prefix, gateway, ifindex }) => ({
        to: prefix === 0 ? "default" : `${ip}/${prefix}`,
        ...(gateway ? { via: gateway } : {}),
        dev: nameOf(ifindex),
      })),
    neighbours: listNeighbours(netlink)
      .filter(({ state }) => state !== "noarp")
      .map(({ ip, mac, ifindex, state }) => ({
        ip,
        ...(mac ? { mac } : {}),
        dev: nameOf(ifindex),
        state: state.toUpperCase(),
      })),
  };
}

/** errno(3) of connect(2): a refusal came from the target itself, all others mean that it was not reached. */
const ANSWERS: Readonly<Record<string, "refused" | "timeout">> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "refused",
  ETIMEDOUT: "timeout",
};

function probeTcp(target: GuestParams<"probe.tcp">): Promise<GuestResult<"probe.tcp">> {
  const begun = performance.now();
  const { promise, resolve } = Promise.withResolvers<GuestResult<"probe.tcp">>();
  const socket = connect({ host: target.address, port: target.port });
  const end = (answer: GuestResult<"probe.tcp">["answer"], errno?: string) => {
    clearTimeout(timer);
    socket.destroy();
    resolve({ answer, ms: performance.now() - begun, ...(errno ? { errno } : {}) });
  };
  const timer = setTimeout(() => end("timeout"), target.timeoutMs);
  socket.once("connect", () => end("open"));
  socket.on("error", ({ code = "UNKNOWN" }: NodeJS.ErrnoException) =>
    end(ANSWERS[code] ?? "unreachable", code),
  );
  return promise;
}

/** What ping(8) says where sendEcho has an errno. */
const PING_WORDS: Readonly<Record<string, string>> = {
  EHOSTUNREACH: "Destination Host Unreachable",
  ENETUNREACH: "ping: connect: Network is unreachable",
  EMSGSIZE: "ping: local error: message too long",
  EPERM: "ping: sendmsg: Operation not permitted",
  "no reply": "no answer in time",
};

async function probePing({
  address,
  ...echo
}: GuestParams<"probe.ping">): Promise<GuestResult<"probe.ping">> {
  const { ok, ms, error = "" } = await sendEcho({ ip: address, ...echo });
  if (ok) return { ok, ...(ms === undefined ? {} : { ms }) };
  return { ok, error: PING_WORDS[error] ?? error };
}

async function probeDns(
  { name, timeoutMs }: GuestParams<"probe.dns">,
  servers: readonly string[],
): Promise<GuestResult<"probe.dns">> {
  if (servers.length === 0) return { ok: false, addresses: [], error: "ECONNREFUSED" };
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  resolver.setServers(servers);
  const timer = setTimeout(() => resolver.cancel(), timeoutMs);
  try {
    return { ok: true, addresses: await resolver.resolve4(name) };
  } catch (failure) {
    const { code = "UNKNOWN" } = failure as NodeJS.ErrnoException;
    return { ok: false, addresses: [], error: code === "ECANCELLED" ? "no answer in time" : code };
  } finally {
    clearTimeout(timer);
  }
}

/** Two lines for each protocol: the names, then the values (proc_pid_net(5)). */
function readCounters(): Record<string, number> {
  const lines = readFileSync("/proc/thread-self/net/snmp", "utf8").trim().split("\n");
  const counters: Record<string, number> = {};
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [protocol = "", ...names] = (lines[at] ?? "").split(" ");
    const [, ...values] = (lines[at + 1] ?? "").split(" ");
    for (const [index, name] of names.entries())
      counters[`${protocol.replace(":", ".")}${name}`] = Number(values[index]);
  }
  return counters;
}

/** A child is born in the namespace of the thread that starts it. */
async function readFirewall(): Promise<string[]> {
  const { stdout } = await run("nft", ["list", "ruleset"], { timeoutMs: 5000 });
  return stdout
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /\b(drop|reject)\b/.test(line))
    .slice(0, 32);
}
