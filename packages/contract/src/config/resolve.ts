import { parse } from "yaml";
import { z } from "zod";
import { BrowserVmError } from "../errors.ts";
import { Config } from "./schema.ts";
import { SETTINGS, type Setting } from "./settings.ts";

export interface ResolvedConfig {
  readonly config: Config;
  /** Where each setting's value comes from, by its dotted key: `default`, `file`, or the name of a variable. */
  readonly sources: Readonly<Record<string, string>>;
}

export interface ConfigInput {
  /** The whole environment; only BROWSERVM_* is looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Content of the configuration file (YAML), when there is one. */
  readonly fileText?: string;
}

/** Variables of ours that are no settings. The first names a real Firecracker for the vm tests. */
const OTHER_VARIABLES = ["BROWSERVM_FIRECRACKER", "BROWSERVM_CONFIG_FILE"];
const TEST_VARIABLES = "BROWSERVM_TEST_";

const Tree = z.record(z.string(), z.unknown());
type Tree = Record<string, unknown>;

/** Environment > file > default. BAD_CONFIG names the key or variable that is wrong or unknown. */
export function resolveConfig({ env, fileText }: ConfigInput): ResolvedConfig {
  const file = parseFile(fileText ?? "");
  const fromEnvironment = readEnvironment(env);
  const tree: Tree = structuredClone(file);
  for (const [setting, text] of fromEnvironment) plant(tree, setting.key.split("."), convert(setting, text));
  const parsed = Config.safeParse(tree);
  if (!parsed.success) throw badConfig(parsed.error);
  const variables = new Map(fromEnvironment.map(([{ key, variable }]) => [key, variable]));
  const sources = SETTINGS.map(({ key }) => [
    key,
    variables.get(key) ?? (pick(file, key) === undefined ? "default" : "file"),
  ]);
  return { config: parsed.data, sources: Object.fromEntries(sources) };
}

/** The value of a dotted key. */
export function pick(tree: unknown, key: string): unknown {
  return key
    .split(".")
    .reduce<unknown>((at, name) => (Tree.safeParse(at).success ? (at as Tree)[name] : undefined), tree);
}

function parseFile(text: string): Tree {
  let value: unknown;
  try {
    value = parse(text) ?? {};
  } catch (error) {
    const words = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new BrowserVmError(
      "BAD_CONFIG",
      `the configuration file is not YAML: ${words}`,
      {},
      { cause: error },
    );
  }
  const tree = Tree.safeParse(value);
  if (!tree.success) throw new BrowserVmError("BAD_CONFIG", "the configuration file is not a list of keys");
  return tree.data;
}

function readEnvironment(env: ConfigInput["env"]): Array<[Setting, string]> {
  return Object.entries(env).flatMap(([variable, text]): Array<[Setting, string]> => {
    if (!variable.startsWith("BROWSERVM_") || text === undefined) return [];
    if (OTHER_VARIABLES.includes(variable) || variable.startsWith(TEST_VARIABLES)) return [];
    const setting = SETTINGS.find((one) => one.variable === variable);
    if (!setting) throw new BrowserVmError("BAD_CONFIG", `${variable} is no setting`, { variable });
    return [[setting, text]];
  });
}

function convert({ type, variable }: Setting, text: string): unknown {
  if (type === "json") return parseList(variable, text);
  if (type === "array") return text === "" ? [] : text.split(",").map((item) => item.trim());
  if (type === "number") {
    const number = Number(text);
    if (text.trim() === "" || Number.isNaN(number))
      throw new BrowserVmError("BAD_CONFIG", `${variable}: “${text}” is not a number`, { variable });
    return number;
  }
  if (type === "boolean") return text === "true" || text === "1";
  return text;
}

function parseList(variable: string, text: string): unknown {
  if (text.trim() === "") return [];
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BrowserVmError("BAD_CONFIG", `${variable} is not JSON`, { variable }, { cause });
  }
}

function plant(tree: Tree, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const child = Tree.safeParse(tree[name]);
  tree[name] = child.success ? { ...child.data } : {};
  plant(tree[name] as Tree, rest, value);
}

function badConfig(error: z.ZodError): BrowserVmError {
  const issues = error.issues.map((issue) => {
    const keys = issue.code === "unrecognized_keys" ? issue.keys.join(", ") : "";
    return `${[...issue.path, ...(keys ? [keys] : [])].join(".")}: ${issue.message}`;
  });
  return new BrowserVmError("BAD_CONFIG", issues.join("; "), { issues });
}
