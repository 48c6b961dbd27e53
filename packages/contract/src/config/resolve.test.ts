import { expect, test } from "vitest";
import { isBrowserVmError } from "../errors.ts";
import { resolveConfig } from "./resolve.ts";
import { SETTINGS } from "./settings.ts";

const refusal = (input: Parameters<typeof resolveConfig>[0]) => {
  try {
    resolveConfig(input);
  } catch (error) {
    return isBrowserVmError(error, "BAD_CONFIG") ? error.message : "another error";
  }
  return "no error";
};

test("without file and environment every setting is the default", () => {
  const { config, sources } = resolveConfig({ env: {} });
  expect(config.network.cidr).toBe("192.168.100.0/24");
  expect(new Set(Object.values(sources))).toEqual(new Set(["default"]));
  expect(Object.keys(sources)).toEqual(SETTINGS.map(({ key }) => key));
});

test("the environment wins over the file, the file over the default, and each value names its source", () => {
  const { config, sources } = resolveConfig({
    env: { BROWSERVM_NETWORK__CIDR: "10.77.0.0/24", PATH: "/bin" },
    fileText: "network:\n  cidr: 10.1.0.0/24\n  mtu: 1400\n",
  });
  expect(config.network).toMatchObject({ cidr: "10.77.0.0/24", mtu: 1400, bridge: "fcbr0" });
  expect(sources).toMatchObject({
    "network.cidr": "BROWSERVM_NETWORK__CIDR",
    "network.mtu": "file",
    "network.bridge": "default",
  });
});

test("numbers and lists are read from variables", () => {
  const { config } = resolveConfig({
    env: { BROWSERVM_LIMITS__SESSIONS: "7", BROWSERVM_NETWORK__DNS: "10.0.0.1, 10.0.0.2" },
  });
  expect(config.limits.sessions).toBe(7);
  expect(config.network.dns).toEqual(["10.0.0.1", "10.0.0.2"]);
});

test("pools are a list in the file, and the same as JSON in a variable", () => {
  const pools = [{ name: "warm", image: "browser", size: 3, memoryMib: 1024 }];
  const fileText = "pools:\n  - name: warm\n    size: 3\n    memoryMib: 1024\n";
  expect(resolveConfig({ env: {}, fileText }).config.pools).toEqual(pools);
  const { config, sources } = resolveConfig({
    env: { BROWSERVM_POOLS: JSON.stringify(pools) },
    fileText: "",
  });
  expect(config.pools).toEqual(pools);
  expect(sources.pools).toBe("BROWSERVM_POOLS");
  expect(resolveConfig({ env: { BROWSERVM_POOLS: "" }, fileText }).config.pools).toEqual([]);
});

test.each([
  ["no JSON", "warm=3", "BROWSERVM_POOLS is not JSON"],
  ["no list", "{}", "pools"],
  ["a name that is none", '[{"name":"A B","size":1}]', "pools.0.name"],
  ["no size", '[{"name":"a"}]', "pools.0.size"],
  ["a size below nothing", '[{"name":"a","size":-1}]', "pools.0.size"],
  ["an unknown key", '[{"name":"a","size":1,"imagee":"x"}]', "pools.0.imagee"],
  ["two of one name", '[{"name":"a","size":1},{"name":"a","size":2}]', "two have the same name"],
])("pools with %s are refused by name", (_, text, words) => {
  expect(refusal({ env: { BROWSERVM_POOLS: text } })).toContain(words);
});

test("what is unknown or wrong is refused by name", () => {
  expect(refusal({ env: {}, fileText: "netwrok: {}\n" })).toContain("netwrok");
  expect(refusal({ env: {}, fileText: "network:\n  cdir: x\n" })).toContain("network.cdir");
  expect(refusal({ env: { BROWSERVM_NETWORK_CIDR: "10.0.0.0/24" } })).toContain("BROWSERVM_NETWORK_CIDR");
  expect(refusal({ env: { BROWSERVM_LIMITS__SESSIONS: "many" } })).toContain("BROWSERVM_LIMITS__SESSIONS");
  expect(refusal({ env: {}, fileText: "a: [" })).toContain("not YAML");
  expect(refusal({ env: {}, fileText: "- a\n" })).toContain("not a list of keys");
});

test("a resolved configuration written as JSON resolves to itself", () => {
  const { config } = resolveConfig({ env: { BROWSERVM_NETWORK__MTU: "1400" } });
  expect(resolveConfig({ env: {}, fileText: JSON.stringify(config) }).config).toEqual(config);
});
