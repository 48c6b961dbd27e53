import type { Ruleset } from "./nft.ts";
import { type Chain, generationIn, generationOf, type Table } from "./ruleset.ts";

/**
 * The generation of our tables as the kernel has them: undefined when one is missing, and with the altered chain's
 * name behind it when a rule was added, removed or moved by hand (rules are told apart by their reasons).
 */
export function loadedGeneration(ruleset: Ruleset, tables: readonly Table[]): string | undefined {
  const generations = tables.map((table) => generationIn(chainsOf(ruleset, table).map(({ name }) => name)));
  const [first] = generations;
  if (first === undefined || generations.some((one) => one !== first)) return undefined;
  if (first !== generationOf(tables)) return first;
  const altered = tables.flatMap((table) => alteredChains(ruleset, table));
  return altered.length > 0 ? `${first} altered in ${altered.join(", ")}` : first;
}

const chainsOf = (ruleset: Ruleset, { family, name }: Table) =>
  ruleset.chains.filter((chain) => chain.family === family && chain.table === name);

function alteredChains(ruleset: Ruleset, table: Table): string[] {
  const planned = table.chains.filter((chain) => print(chain) !== printLoaded(ruleset, table, chain.name));
  const names = new Set(table.chains.map(({ name }) => name));
  const added = chainsOf(ruleset, table).filter(
    ({ name }) => !names.has(name) && generationIn([name]) === undefined,
  );
  return [...planned, ...added].map(({ name }) => name);
}

const print = ({ hook, rules }: Chain): string =>
  JSON.stringify([hook ? [hook.type, hook.at, hook.priority, "accept"] : [], rules.map(({ why }) => why)]);

function printLoaded(ruleset: Ruleset, table: Table, name: string): string {
  const chain = chainsOf(ruleset, table).find((one) => one.name === name);
  if (!chain) return "missing";
  const rules = ruleset.rules.filter(
    (rule) => rule.family === table.family && rule.table === table.name && rule.chain === name,
  );
  return JSON.stringify([
    chain.hook ? [chain.type, chain.hook, chain.prio, chain.policy] : [],
    rules.map(({ comment }) => comment ?? ""),
  ]);
}
