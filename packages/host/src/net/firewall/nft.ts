import { BrowserVmError, isBrowserVmError } from "@browservm/contract";
import { z } from "zod";
import { run } from "../../process/run.ts";
import { parseRange, sizeOf, toIpv4 } from "../ipv4.ts";

const TIMEOUT_MS = 20_000;

const Chain = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  type: z.string().optional(),
  hook: z.string().optional(),
  prio: z.int().optional(),
  policy: z.string().optional(),
  /** The links of a chain of the netdev family, or at the ingress hook; see `withDevices`. */
  dev: z.union([z.string(), z.array(z.string())]).optional(),
});
const RuleObject = z.object({
  family: z.string(),
  table: z.string(),
  chain: z.string(),
  /** What `nft delete rule` wants to be told. */
  handle: z.int().optional(),
  comment: z.string().optional(),
  expr: z.array(z.record(z.string(), z.unknown())).default([]),
});
const Counter = z.object({ packets: z.number(), bytes: z.number() });
const SetObject = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  elem: z.array(z.unknown()).default([]),
});

const Listing = z.object({
  nftables: z.array(
    z.looseObject({
      chain: Chain.optional(),
      rule: RuleObject.optional(),
      set: SetObject.optional(),
      map: SetObject.optional(),
    }),
  ),
});

/** Everything that `nft -j list ruleset` says and that we look at. */
export interface Ruleset {
  readonly chains: ReadonlyArray<z.infer<typeof Chain>>;
  readonly rules: ReadonlyArray<z.infer<typeof RuleObject>>;
  readonly sets: ReadonlyArray<z.infer<typeof SetObject>>;
}

/** Applies a script in one transaction: all of it, or FIREWALL_REFUSED and nothing. */
export async function applyNft(script: string): Promise<void> {
  if (script === "") return;
  try {
    await run("nft", ["-f", "-"], { input: script, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (!isBrowserVmError(error, "COMMAND_FAILED")) throw error;
    const stderr = String(error.details.stderr ?? "");
    const firstLine = stderr.split("\n")[0] ?? "";
    throw new BrowserVmError("FIREWALL_REFUSED", `nft: ${firstLine}`, { stderr }, { cause: error });
  }
}

/** The rules of all programs in the current namespace. */
export async function listNft(): Promise<Ruleset> {
  const { stdout } = await run("nft", ["-j", "list", "ruleset"], { timeoutMs: TIMEOUT_MS });
  const ruleset = parseRuleset(stdout);
  if (!ruleset.chains.some(lacksDevice)) return ruleset;
  const chains = await run("nft", ["list", "chains"], { timeoutMs: TIMEOUT_MS });
  return withDevices(ruleset, chains.stdout);
}

const lacksDevice = ({ hook, dev }: Ruleset["chains"][number]): boolean =>
  (hook === "ingress" || hook === "egress") && dev === undefined;

/** nft 1.0.6 leaves the devices of a chain out of its JSON, but not out of `nft list chains`. */
export function withDevices(ruleset: Ruleset, listing: string): Ruleset {
  const devices = new Map<string, string[]>();
  let table = "";
  let chain = "";
  for (const line of listing.split("\n")) {
    table = /^table (\S+ \S+) \{/.exec(line)?.[1] ?? table;
    chain = /^\s+chain (\S+) \{/.exec(line)?.[1] ?? chain;
    const [, one, more] = /hook \S+ device(?: "([^"]+)"|s = \{ ([^}]+?) \})/.exec(line) ?? [];
    const names = one ? [one] : more?.split(", ").map((name) => name.replaceAll('"', ""));
    if (names) devices.set(`${table} ${chain}`, names);
  }
  const chains = ruleset.chains.map((known) => {
    const dev = devices.get(`${known.family} ${known.table} ${known.name}`);
    return dev && lacksDevice(known) ? { ...known, dev } : known;
  });
  return { ...ruleset, chains };
}

export function parseRuleset(json: string): Ruleset {
  const { nftables } = Listing.parse(JSON.parse(json));
  return {
    chains: nftables.flatMap(({ chain }) => (chain ? [chain] : [])),
    rules: nftables.flatMap(({ rule }) => (rule ? [rule] : [])),
    sets: nftables.flatMap(({ set, map }) => [...(set ? [set] : []), ...(map ? [map] : [])]),
  };
}

// nft writes an element bare, as { concat: […] }, or, when it counts, as { elem: { val, counter } }.
// The parts of a concatenation may be intervals; they are told as first-last, however nft tells them.
const Part = z.union([
  z.string(),
  z.number().transform(String),
  z
    .object({ range: z.tuple([z.union([z.string(), z.number()]), z.union([z.string(), z.number()])]) })
    .transform(({ range: [from, to] }) => `${from}-${to}`),
  z
    .object({ prefix: z.object({ addr: z.ipv4(), len: z.int().min(0).max(32) }) })
    .transform(({ prefix }) => spanOf(prefix)),
]);
const Value = z.union([
  z.string().transform((one) => [one]),
  z.object({ concat: z.array(Part) }).transform(({ concat }) => concat),
]);
/** Of a map: its parts, then what they stand for. */
const Pair = z.tuple([Value, z.union([z.string(), z.number().transform(String)])]);
const Element = z.union([
  Pair.transform(([key, data]) => ({ val: [...key, data], counter: undefined })),
  z.object({ elem: z.object({ val: Value, counter: Counter.optional() }) }).transform(({ elem }) => elem),
  Value.transform((val) => ({ val, counter: undefined })),
]);

function spanOf({ addr, len }: { addr: string; len: number }): string {
  const { base, prefix } = parseRange(`${addr}/${len}`);
  const last = toIpv4(base + sizeOf(prefix) - 1);
  return prefix === 32 ? last : `${toIpv4(base)}-${last}`;
}

export interface LoadedElement {
  /** Its parts, e.g. ["bv-0", "02:fc:…", "192.168.100.2"]. */
  readonly parts: readonly string[];
  readonly counter?: { readonly packets: number; readonly bytes: number };
}

/** The elements of one set; what has another form (intervals) is left out. */
export function elementsOf(ruleset: Ruleset, table: string, set: string): readonly LoadedElement[] {
  const found = ruleset.sets.find((one) => `${one.family} ${one.table}` === table && one.name === set);
  if (!found) return [];
  const known = PARSED.get(found);
  if (known) return known;
  const elements = found.elem.flatMap(parseElement);
  PARSED.set(found, elements);
  return elements;
}

/** A listing is asked once for each of many VMs. */
const PARSED = new WeakMap<Ruleset["sets"][number], readonly LoadedElement[]>();

function parseElement(raw: unknown): LoadedElement[] {
  const parsed = Element.safeParse(raw);
  if (!parsed.success) return [];
  const { val, counter } = parsed.data;
  return [{ parts: val, ...(counter ? { counter } : {}) }];
}
