import {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Config, GUEST_PATHS } from "@browservm/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run } from "../../process/run.ts";
import { resolveRecipe } from "../recipes/resolve-recipe.ts";
import { dressTree } from "./dress-tree.ts";

const resolved = resolveRecipe({
  recipe: "tiny",
  suite: "bookworm",
  arch: "amd64",
  config: Config.parse({}),
});
let directory: string;
let root: string;
let node: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dress-"));
  root = join(directory, "root");
  node = join(directory, "node");
  await mkdir(root);
  await writeFile(node, "node", { mode: 0o755 });
});
afterEach(() => rm(directory, { recursive: true }));

test("a tree gets the recipe's files, its masked units and the runtime", async () => {
  await dressTree(root, resolved, { node });
  expect(await readFile(join(root, GUEST_PATHS.node), "utf8")).toBe("node");
  const unit = join(root, "etc/systemd/system/browservm-agent.service");
  expect(await readFile(unit, "utf8")).toContain(GUEST_PATHS.agent);
  expect((await stat(unit)).mode & 0o777).toBe(0o644);
  expect(await readlink(join(root, "etc/systemd/system/getty.target"))).toBe("/dev/null");
});

test("npm is unpacked where its links lead, for everybody to run, without its manual", async () => {
  const browser = resolveRecipe({
    recipe: "browser",
    suite: "bookworm",
    arch: "amd64",
    config: Config.parse({}),
  });
  const archive = join(directory, "npm.tgz");
  for (const part of ["bin", "docs", "man"])
    await mkdir(join(directory, "package", part), { recursive: true });
  await writeFile(join(directory, "package/bin/npm-cli.js"), "npm", { mode: 0o755 });
  await writeFile(join(directory, "package/bin/npx-cli.js"), "npx", { mode: 0o755 });
  await run("tar", ["-czf", archive, "-C", directory, "package"], { timeoutMs: 10_000 });
  await dressTree(root, browser, { node, npm: archive });
  for (const name of ["npm", "npx"]) {
    const program = join(root, await readlink(join(root, "usr/local/bin", name)));
    expect(await readFile(program, "utf8")).toBe(name);
    expect((await stat(program)).mode & 0o777).toBe(0o755);
  }
  expect(await readdir(join(root, GUEST_PATHS.npm))).toEqual(["bin"]);
});

test("a file of the cached tree is replaced, not written into", async () => {
  const cached = join(directory, "cached");
  await writeFile(cached, "the distribution's");
  await mkdir(join(root, "etc/ssh/sshd_config.d"), { recursive: true });
  await link(cached, join(root, "etc/ssh/sshd_config.d/10-browservm.conf"));
  await dressTree(root, resolved, { node });
  expect(await readFile(cached, "utf8")).toBe("the distribution's");
});

test("a link in the tree cannot lead a file outside", async () => {
  await mkdir(join(directory, "outside"));
  await symlink(join(directory, "outside"), join(root, "etc"));
  await expect(dressTree(root, resolved, { node })).rejects.toMatchObject({ code: "RECIPE_INVALID" });
});
