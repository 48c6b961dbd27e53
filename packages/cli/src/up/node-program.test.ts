import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveConfig } from "@browservm/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isOpenToAll, nodeProgram } from "./node-program.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "browservm-node-"));
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, "home"), { mode: 0o700 });
  writeFileSync(join(directory, "home/node"), "#!/bin/sh\n", { mode: 0o755 });
});
afterEach(() => rmSync(directory, { recursive: true }));

test("a Node inside somebody's closed home is copied to where the service user can read it", () => {
  const { config } = resolveConfig({ env: { BROWSERVM_STATE_DIR: directory } });
  const closed = join(directory, "home/node");
  expect(isOpenToAll(closed)).toBe(false);
  const copy = nodeProgram(config, closed);
  expect(copy.startsWith(join(directory, "runtime"))).toBe(true);
  expect(isOpenToAll(copy)).toBe(true);
});

test("a Node that everybody may run is used where it is", () => {
  const { config } = resolveConfig({ env: { BROWSERVM_STATE_DIR: directory } });
  expect(nodeProgram(config, "/bin/sh")).toBe("/bin/sh");
});
