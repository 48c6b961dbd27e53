import { createHash } from "node:crypto";

/** One nftables rule as data: why it is there (shown by `nft list ruleset`, 127 bytes at most), match, verdict. */
export interface Rule {
  readonly why: string;
  readonly match: string;
  /** Absent: the rule only looks, so that the counters of a set's elements move. */
  readonly verdict?: string;
}

export interface Chain {
  readonly name: string;
  /** Where the kernel enters a base chain; absent for chains that rules jump to. */
  readonly hook?: { readonly type: "filter" | "nat"; readonly at: string; readonly priority: number };
  readonly rules: readonly Rule[];
}

export interface NftSet {
  readonly name: string;
  readonly why: string;
  readonly type: string;
  readonly flags?: string;
  /** Most elements, where the kernel wants to know. */
  readonly size?: number;
  /** Makes it a map: the type of what its elements stand for. */
  readonly maps?: string;
  /** Every element counts the packets that match it. */
  readonly counter?: boolean;
  /** Elements that belong to the rules themselves; those of VMs come and go. */
  readonly elements?: readonly string[];
}

export interface Table {
  readonly family: "bridge" | "inet";
  readonly name: string;
  readonly sets: readonly NftSet[];
  readonly chains: readonly Chain[];
}

/** One element of one of our sets. */
export interface SetElement {
  readonly table: string;
  readonly set: string;
  readonly element: string;
  /** Seconds after which the kernel removes it, in sets with time-outs. */
  readonly timeoutSeconds?: number;
}

const GENERATION = "generation_";

/** Identity of these rules as text: any change in them changes it. */
export function generationOf(tables: readonly Table[]): string {
  const text = tables.map((table) => renderBody(table)).join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * The script for one `nft -f -`: replaces exactly these tables, with these elements, in one transaction. The
 * generation is the name of an empty chain, for nft's JSON leaves out comments of tables.
 */
export function renderReplacement(tables: readonly Table[], elements: readonly SetElement[]): string {
  const generation = generationOf(tables);
  const replaced = tables.map((table) => {
    const id = `${table.family} ${table.name}`;
    // Naming a table first makes its deletion succeed when it is not there yet.
    return `table ${id}\ndelete table ${id}\ntable ${id} {\n${renderBody(table)}\n  chain ${GENERATION}${generation} {\n  }\n}\n`;
  });
  return replaced.join("") + renderAdmission(elements);
}

/** Adds elements; those that are there already stay, with their counters. */
export const renderAdmission = (elements: readonly SetElement[]): string =>
  elements
    .map(({ table, set, element, timeoutSeconds }) => {
      const timeout = timeoutSeconds === undefined ? "" : ` timeout ${timeoutSeconds}s`;
      return `add element ${table} ${set} { ${element}${timeout} }\n`;
    })
    .join("");

/** Removes elements; adding them first lets the removal of absent ones succeed. */
export const renderExpulsion = (elements: readonly SetElement[]): string =>
  renderAdmission(elements) +
  elements.map(({ table, set, element }) => `delete element ${table} ${set} { ${element} }\n`).join("");

/** Adds elements whose time begins anew, also if they are there: adding alone would leave the old time. */
export const renderRenewal = (elements: readonly SetElement[]): string =>
  renderExpulsion(elements) + renderAdmission(elements);

/** The generation that a table's chains tell of, if any. */
export const generationIn = (chainNames: readonly string[]): string | undefined =>
  chainNames.find((name) => name.startsWith(GENERATION))?.slice(GENERATION.length);

function renderBody({ sets, chains }: Table): string {
  return [...sets.map(renderSet), ...chains.map(renderChain)].join("\n");
}

function renderSet({ name, why, type, maps, flags, size, counter, elements = [] }: NftSet): string {
  const lines = [
    `type ${type}${maps ? ` : ${maps}` : ""}`,
    ...(flags ? [`flags ${flags}`] : []),
    ...(flags === "dynamic" ? ["size 8192"] : []),
    ...(size === undefined ? [] : [`size ${size}`]),
    ...(counter ? ["counter"] : []),
    ...(elements.length > 0 ? [`elements = { ${elements.join(", ")} }`] : []),
  ];
  return `  # ${why}\n  ${maps ? "map" : "set"} ${name} {\n${lines.map((line) => `    ${line}\n`).join("")}  }`;
}

function renderChain({ name, hook, rules }: Chain): string {
  const head = hook
    ? [`    type ${hook.type} hook ${hook.at} priority ${hook.priority}; policy accept;\n`]
    : [];
  return `  chain ${name} {\n${[...head, ...rules.map(renderRule)].join("")}  }`;
}

function renderRule({ why, match, verdict }: Rule): string {
  const words = [match, verdict].filter((part) => part !== undefined && part !== "").join(" ");
  return `    ${words} comment "${why}"\n`;
}
