import { describe, expect, test } from "vitest";
import { planAddresses } from "../address-plan.ts";
import { guestElements, guestTable } from "./guest-rules.ts";
import { loadedGeneration } from "./loaded.ts";
import { elementsOf, parseRuleset, type Ruleset } from "./nft.ts";
import { type PolicyTarget, policyTable } from "./policy-rules.ts";
import { type Chain, generationOf, renderExpulsion, renderReplacement, type Table } from "./ruleset.ts";

const target: PolicyTarget = {
  bridge: "fcbr0",
  cidr: "192.168.100.0/24",
  gateway: "192.168.100.1",
  uplink: { link: "eth0", masquerade: true },
  dns: ["1.1.1.1"],
};
const tables = [guestTable(), policyTable(target)];
const address = planAddresses("192.168.100.0/24").addressOf(3);

/** What nft would list after loading these tables. */
function asLoaded(loaded: readonly Table[]): Ruleset {
  const chain = (table: Table, { name, hook }: Chain) => ({
    family: table.family,
    table: table.name,
    name,
    ...(hook ? { type: hook.type, hook: hook.at, prio: hook.priority, policy: "accept" } : {}),
  });
  return {
    chains: loaded.flatMap((table) => [
      ...table.chains.map((one) => chain(table, one)),
      chain(table, { name: `generation_${generationOf(loaded)}`, rules: [] }),
    ]),
    rules: loaded.flatMap((table) =>
      table.chains.flatMap(({ name, rules }) =>
        rules.map(({ why }) => ({
          family: table.family,
          table: table.name,
          chain: name,
          comment: why,
          expr: [],
        })),
      ),
    ),
    sets: [],
  };
}

test("every rule carries a reason that nft accepts as a comment", () => {
  for (const { why } of tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules))) {
    expect(why).not.toMatch(/["\\\n]/);
    expect(Buffer.byteLength(why)).toBeLessThan(128);
  }
});

test("a replacement deletes and makes exactly our two tables, never the whole ruleset", () => {
  const script = renderReplacement(tables, guestElements(address));
  expect(script.match(/^delete .*$/gm)).toEqual([
    "delete table bridge browservm",
    "delete table inet browservm",
  ]);
  expect(script).not.toContain("flush");
  expect(script).toContain('add element bridge browservm macs { "bv-3" . 02:fc:c0:a8:64:05 }');
});

test("an expulsion names only what it removes, and adds it first so that absence is no failure", () => {
  const lines = renderExpulsion(guestElements(address)).trim().split("\n");
  expect(lines.filter((line) => line.startsWith("add "))).toHaveLength(lines.length / 2);
  expect(lines.every((line) => line.includes('"bv-3"'))).toBe(true);
});

describe("the loaded generation", () => {
  test("equals the planned one when all is there", () => {
    expect(loadedGeneration(asLoaded(tables), tables)).toBe(generationOf(tables));
  });

  test("is unknown when one table is missing", () => {
    expect(loadedGeneration(asLoaded(tables.slice(0, 1)), tables)).toBeUndefined();
  });

  test("differs when the plan changed", () => {
    const other = [guestTable(), policyTable({ ...target, dns: [] })];
    expect(loadedGeneration(asLoaded(tables), other)).not.toBe(generationOf(other));
  });

  test("names the chain in which a rule was added or removed by hand", () => {
    const loaded = asLoaded(tables);
    const planned = generationOf(tables);
    const rule = { family: "inet", table: "browservm", chain: "input", expr: [{ accept: null }] };
    expect(loadedGeneration({ ...loaded, rules: [...loaded.rules, rule] }, tables)).toBe(
      `${planned} altered in input`,
    );
    expect(loadedGeneration({ ...loaded, rules: loaded.rules.slice(1) }, tables)).toContain(
      "altered in spoofed_mac",
    );
  });
});

test("elements are read with their counters, in each form that nft writes them", () => {
  const set = (name: string, elem: unknown[]) => ({
    set: { family: "bridge", table: "browservm", name, elem },
  });
  const json = JSON.stringify({
    nftables: [
      { metainfo: { version: "1.0.6" } },
      set("macs", [{ concat: ["bv-0", "02:fc:0a:00:00:02"] }]),
      set("spoofed_mac", [{ elem: { val: "bv-0", counter: { packets: 3, bytes: 180 } } }, "bv-1"]),
      set("closed", [{ prefix: { addr: "10.0.0.0", len: 8 } }]),
    ],
  });
  const ruleset = parseRuleset(json);
  expect(elementsOf(ruleset, "bridge browservm", "macs")).toEqual([{ parts: ["bv-0", "02:fc:0a:00:00:02"] }]);
  expect(elementsOf(ruleset, "bridge browservm", "spoofed_mac")).toEqual([
    { parts: ["bv-0"], counter: { packets: 3, bytes: 180 } },
    { parts: ["bv-1"] },
  ]);
  expect(elementsOf(ruleset, "bridge browservm", "closed")).toEqual([]);
  expect(elementsOf(ruleset, "inet browservm", "macs")).toEqual([]);
});
