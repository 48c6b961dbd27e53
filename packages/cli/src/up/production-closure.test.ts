import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CHECKOUT, PROGRAMS } from "./checkout.ts";
import { Lockfile, productionClosure, workspacesOf } from "./production-closure.ts";

test("only what is needed is taken, from the place where Node would find it", () => {
  const packages = {
    "": { dependencies: { tool: "1" } },
    "packages/a": { dependencies: { x: "1", "@own/b": "1" } },
    "packages/b": { dependencies: { y: "2" } },
    "node_modules/@own/b": { link: true, resolved: "packages/b" },
    "node_modules/x": { dependencies: { y: "1" }, optionalDependencies: { z: "1" } },
    "node_modules/x/node_modules/y": {},
    "node_modules/y": {},
    "node_modules/z": {},
    "node_modules/tool": {},
    "packages/b/node_modules/y": {},
  };
  expect(workspacesOf({ packages }, ["a"])).toEqual(["a", "b"]);
  expect(productionClosure({ packages }, ["a"])).toEqual([
    "node_modules/@own/b",
    "node_modules/x",
    "node_modules/x/node_modules/y",
    "node_modules/z",
    "packages/b/node_modules/y",
  ]);
});

test("a release of this repository has what runs, and neither the page's packages nor the tools", () => {
  const lock = Lockfile.parse(JSON.parse(readFileSync(join(CHECKOUT, "package-lock.json"), "utf8")));
  const closure = productionClosure(lock, PROGRAMS);
  expect(workspacesOf(lock, PROGRAMS)).toEqual([
    "contract",
    "controller",
    "daemon",
    "gateway",
    "guest-agent",
    "host",
    "sdk",
  ]);
  expect(closure).toEqual(
    expect.arrayContaining([
      "node_modules/fastify",
      "node_modules/koffi",
      "node_modules/werift",
      "node_modules/zod",
    ]),
  );
  expect(closure).not.toEqual(expect.arrayContaining(["node_modules/next"]));
  expect(closure).not.toEqual(expect.arrayContaining(["node_modules/vitest"]));
});
