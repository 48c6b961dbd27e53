import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findRuntime } from "./version.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crun-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function program(script: string): Promise<string> {
  const path = join(directory, "crun");
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

test("the runtime says its version, or is named as missing or as not the one that it should be", async () => {
  await expect(findRuntime(join(directory, "crun"))).rejects.toMatchObject({
    code: "VMM_NOT_FOUND",
    details: { package: "crun" },
  });
  const crun = await program("echo 'crun version 1.8.1'; echo 'spec: 1.0.0'");
  expect(await findRuntime(crun)).toEqual({ path: crun, text: "crun 1.8.1" });
  await expect(findRuntime(await program("echo 'runc version 1.1.5'"))).rejects.toMatchObject({
    code: "VMM_UNSUPPORTED",
  });
  await expect(findRuntime(await program("exit 1"))).rejects.toMatchObject({ code: "VMM_UNSUPPORTED" });
});
