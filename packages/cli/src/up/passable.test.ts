import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { requirePassable } from "./passable.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "browservm-passable-"));
  chmodSync(directory, 0o755);
});
afterEach(() => rmSync(directory, { recursive: true }));

test("a state directory in a closed home is refused by name, before anything is built", () => {
  const home = join(directory, "home");
  mkdirSync(home, { mode: 0o700 });
  const stateDir = join(home, "deep/state");
  expect(() => requirePassable({ stateDir, runDir: directory })).toThrow(
    expect.objectContaining({ code: "BAD_CONFIG", message: expect.stringContaining(`chmod o+x ${home}`) }),
  );
  chmodSync(home, 0o711);
  expect(requirePassable({ stateDir, runDir: directory })).toBeUndefined();
});
