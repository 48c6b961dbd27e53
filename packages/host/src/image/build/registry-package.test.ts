import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentProgress } from "@browservm/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
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
  vi.unstubAllEnvs();
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

test("the npm of who started us is used, with what leads it to the registry and nothing else of ours", async () => {
  const [seen, program] = [join(cache, "seen"), join(cache, "npm")];
  const script = `#!/bin/sh\nenv > ${seen}\nprintf '%s' "${BYTES}" > "$4/${ARCHIVE}"\n`;
  await writeFile(program, script, { mode: 0o755 });
  vi.stubEnv("PATH", `${cache}:/usr/bin:/bin`);
  vi.stubEnv("npm_config_globalconfig", "/etc/npmrc");
  vi.stubEnv("NODE_USE_SYSTEM_CA", "1");
  vi.stubEnv("BROWSERVM_PROXY_PASSWORD", "planted");
  expect(await wanted()).toBe(join(cache, ARCHIVE));
  const told = await readFile(seen, "utf8");
  expect(told).toContain("npm_config_globalconfig=/etc/npmrc\n");
  expect(told).toContain("NODE_USE_SYSTEM_CA=1\n");
  expect(told).not.toContain("planted");
});
