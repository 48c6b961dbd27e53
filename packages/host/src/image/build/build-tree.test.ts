import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { requireBrowser } from "./build-tree.ts";

const EXECUTABLE = "/usr/lib/chromium/chromium";
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "tree-"));
});
afterEach(() => rm(root, { recursive: true }));

async function put(content: string | Buffer, mode = 0o755): Promise<void> {
  const path = join(root, EXECUTABLE);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
}

test("an executable program passes for a browser", async () => {
  await put(Buffer.from("\x7fELF\x02\x01\x01", "latin1"));
  await expect(requireBrowser(root, EXECUTABLE)).resolves.toBeUndefined();
});

test("the stub of a snap is named as one", async () => {
  await put("#!/bin/sh\nif ! [ -x /snap/bin/chromium ]; then\n  exec snap install chromium\nfi\n");
  await expect(requireBrowser(root, EXECUTABLE)).rejects.toMatchObject({
    code: "IMAGE_BUILD_FAILED",
    message: expect.stringContaining("stub of a snap"),
  });
});

test("a browser that is missing, empty or not executable is refused", async () => {
  await expect(requireBrowser(root, EXECUTABLE)).rejects.toThrow(/missing/);
  await put("");
  await expect(requireBrowser(root, EXECUTABLE)).rejects.toThrow(/not a program/);
});
