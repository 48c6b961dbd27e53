import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { packTar, type TarEntry } from "modern-tar";

// ADDRESS: an npm registry that has one package, the stand-in of a command-line tool. Asked by a line, it tells what it
// was asked for.
const [address = ""] = process.argv.slice(2);
const NAME = "stand-in-cli";
const asked: string[] = [];

const source = readFileSync(new URL("./stand-in-cli.ts", import.meta.url), "utf8");
const about = { name: NAME, version: "1.0.0", type: "module", bin: { [NAME]: "cli.js" } };
const entry = (name: string, body: string): TarEntry => ({
  header: { name: `package/${name}`, size: Buffer.byteLength(body), type: "file", mode: 0o755 },
  body,
});
const tarball = gzipSync(
  await packTar([
    entry("package.json", JSON.stringify(about)),
    // Node runs no TypeScript below node_modules.
    entry("cli.js", `#!/usr/bin/env node\n${stripTypeScriptTypes(source)}`),
  ]),
);
const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;

const server = createServer((request, response) => {
  asked.push(request.url ?? "");
  const at = `http://${request.headers.host}/${NAME}`;
  const file = `${NAME}-1.0.0.tgz`;
  if (request.url === `/${NAME}`) {
    const version = { ...about, dist: { tarball: `${at}/-/${file}`, integrity } };
    const packument = { name: NAME, "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": version } };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(packument));
  } else if (request.url === `/${NAME}/-/${file}`) response.end(tarball);
  else response.writeHead(404).end("{}");
});
server.listen(0, address, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://${address}:${port}/`, package: NAME })}\n`);
});
process.stdin.on("data", () => process.stdout.write(`${JSON.stringify(asked)}\n`));
process.stdin.on("end", () => process.exit());
