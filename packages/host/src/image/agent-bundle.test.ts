import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundleAgent, bundleMedia } from "./agent-bundle.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "agent-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("an agent and what it imports become one file, the same for the same source", async () => {
  await writeFile(join(directory, "word.ts"), 'export const word: string = "hello-from-another-file";');
  await writeFile(
    join(directory, "main.ts"),
    'import { word } from "./word.ts";\nprocess.stdout.write(word);',
  );
  const [one, two] = [
    await bundleAgent(join(directory, "main.ts")),
    await bundleAgent(join(directory, "main.ts")),
  ];
  const text = Buffer.from(one.code).toString();
  expect(text).toContain("hello-from-another-file");
  expect(text).not.toContain("./word.ts");
  expect(one.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(two.sha256).toBe(one.sha256);
});

test("Node's own modules are not imported before the code that wants them runs", async () => {
  await writeFile(
    join(directory, "late.ts"),
    'import { createServer } from "node:http";\nexport const serve = () => createServer();',
  );
  await writeFile(join(directory, "main.ts"), 'export const later = () => import("./late.ts");');
  const text = Buffer.from((await bundleAgent(join(directory, "main.ts"))).code).toString();
  expect(text).toContain('process.getBuiltinModule("node:http")');
  expect(text).not.toMatch(/from\s*"node:http"/);
});

test("a source that is missing or broken is named", async () => {
  await expect(bundleAgent(join(directory, "none.ts"))).rejects.toMatchObject({ code: "RECIPE_INVALID" });
  await writeFile(join(directory, "main.ts"), "export const = 1;");
  await expect(bundleAgent(join(directory, "main.ts"))).rejects.toMatchObject({
    code: "RECIPE_INVALID",
    message: expect.stringContaining("cannot be bundled"),
  });
});

test("the media helper is one file that finds the native part of its FFI beside it", async () => {
  const { code, native, sha256 } = await bundleMedia(process.arch === "arm64" ? "arm64" : "amd64");
  await writeFile(join(directory, "media.mjs"), code);
  await writeFile(join(directory, "koffi.node"), native);
  expect(Buffer.from(code).toString()).not.toContain("@koromix");
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  const socket = join(directory, "media.sock");
  const helper = spawn(process.execPath, [join(directory, "media.mjs"), socket, "/nowhere", "/nowhere"]);
  const [said] = await new Promise<[Buffer]>((resolve) =>
    helper.stdout.once("data", (bytes) => resolve([bytes])),
  );
  expect(said.toString()).toBe("listening\n");
  helper.stdin.end();
  expect(await new Promise((resolve) => helper.once("exit", resolve))).toBe(0);
});

test("an architecture whose native part is not installed is refused", async () => {
  const other = process.arch === "arm64" ? "amd64" : "arm64";
  await expect(bundleMedia(other)).rejects.toMatchObject({ code: "RECIPE_INVALID" });
});
