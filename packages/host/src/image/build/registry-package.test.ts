import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentProgress } from "@browservm/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { registryPackage } from "./registry-package.ts";

const BYTES = Buffer.from("a tarball");
const PINNED = {
  package: "pinned",
  version: "1.2.3",
  integrity: `sha512-${createHash("sha512").update(BYTES).digest("base64")}`,
};
const ARCHIVE = "pinned-1.2.3.tgz";

let cache: string;
let asked: string[];
/** A registry that has nothing. */
const registry = createServer(({ url = "" }, response) => {
  asked.push(url);
  response.writeHead(404).end();
});
beforeEach(async () => {
  asked = [];
  cache = await mkdtemp(join(tmpdir(), "packages-"));
  await once(registry.listen(0, "127.0.0.1"), "listening");
});
afterEach(async () => {
  registry.closeAllConnections();
  registry.close();
  await rm(cache, { recursive: true });
});

const wanted = () => {
  const { port } = registry.address() as AddressInfo;
  return registryPackage(silentProgress(), PINNED, { cache, registry: `http://127.0.0.1:${port}` });
};

test("a package that lies in the cache is not asked for", async () => {
  await writeFile(join(cache, ARCHIVE), BYTES);
  expect(await wanted()).toBe(join(cache, ARCHIVE));
  expect(asked).toEqual([]);
});

test("a damaged one is never used: the registry is asked, and nothing half-made is left", async () => {
  await writeFile(join(cache, ARCHIVE), "another");
  await expect(wanted()).rejects.toThrow();
  expect(asked).toContain("/pinned");
  expect(await readdir(cache)).toEqual([ARCHIVE]);
}, 60_000);
