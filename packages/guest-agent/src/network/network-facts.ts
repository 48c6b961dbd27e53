import { readFile } from "node:fs/promises";
import type { GuestResult } from "@browservm/contract/guest/calls";
import * as z from "zod";
import { runOrThrow } from "../child.ts";
import { findAuthorities } from "./authorities.ts";

type NetworkFacts = GuestResult<"network.get">;

const Links = z.array(
  z.object({
    ifname: z.string(),
    flags: z.array(z.string()),
    mtu: z.int(),
    address: z.string().default(""),
    addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.int().optional() })).default([]),
  }),
);
const Routes = z.array(
  z.object({ dst: z.string(), gateway: z.string().optional(), dev: z.string().default("") }),
);
const Neighbours = z.array(
  z.object({
    dst: z.string(),
    lladdr: z.string().optional(),
    dev: z.string(),
    state: z.array(z.string()).default([]),
  }),
);

const COMMAND_MS = 20_000;

/** What this guest's kernel and resolver say of the network, now. One child: each costs much where it is emulated. */
export async function readNetworkFacts(): Promise<NetworkFacts> {
  const [text, dns, authorities] = await Promise.all([
    ip("address show\nroute show table main\nneighbour show\n"),
    readFile("/etc/resolv.conf", "utf8").catch(() => ""),
    findAuthorities(),
  ]);
  return { ...parseIpOutput(text), dns: nameservers(dns), authorities };
}

export async function readLinks(): Promise<NetworkFacts["links"]> {
  return parseLinks(splitDocuments(await ip("address show\n"))[0] ?? []);
}

/** The three answers of `ip -json -batch`, in the order asked. */
export function parseIpOutput(text: string): Pick<NetworkFacts, "links" | "routes" | "neighbours"> {
  const [links = [], routes = [], neighbours = []] = splitDocuments(text);
  return {
    links: parseLinks(links),
    routes: Routes.parse(routes)
      .slice(0, 64)
      .map(({ dst, gateway, dev }) => ({ to: dst, ...(gateway ? { via: gateway } : {}), dev })),
    neighbours: Neighbours.parse(neighbours)
      .slice(0, 256)
      .map(({ dst, lladdr, dev, state }) => ({
        ip: dst,
        ...(lladdr ? { mac: lladdr } : {}),
        dev,
        state: state.join(","),
      })),
  };
}

export function nameservers(resolvConf: string): string[] {
  return [...resolvConf.matchAll(/^nameserver\s+(\S{1,64})/gm)]
    .map(([, server]) => server ?? "")
    .slice(0, 16);
}

function parseLinks(document: unknown): NetworkFacts["links"] {
  return Links.parse(document)
    .slice(0, 16)
    .map(({ ifname, flags, mtu, address, addr_info }) => ({
      name: ifname,
      mac: address.slice(0, 17),
      up: flags.includes("UP"),
      carrier: flags.includes("LOWER_UP"),
      mtu,
      addresses: addr_info
        .flatMap(({ local, prefixlen }) => (local ? [`${local}/${prefixlen}`] : []))
        .slice(0, 16),
    }));
}

/** `ip -batch` writes one JSON array after the other, each on a line of its own. */
function splitDocuments(text: string): unknown[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line));
}

function ip(input: string): Promise<string> {
  return runOrThrow("ip", ["-json", "-batch", "-"], { input, timeoutMs: COMMAND_MS });
}
