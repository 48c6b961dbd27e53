import { createServer } from "node:http";
import { MockProxy } from "../../packages/host/src/testing/mock-proxy.ts";

/**
 * Proxies of both kinds, and a server that answers who asks, or what it was told on stdin to answer ("": who asks).
 * Says each place that they are asked for, a line each.
 */
const [own = "", site = "", username = "", password = ""] = process.argv.slice(2);
const NAMES = new Set(["whoami.example", "other.example", site]);

for (const [kind, port] of [
  ["http", 3128],
  ["socks5", 1080],
] as const)
  await MockProxy.start({
    kind,
    host: own,
    port,
    credentials: { username, password },
    lead: (host, far) => {
      process.stdout.write(`${kind} ${host}:${far}\n`);
      return NAMES.has(host) ? { host: site, port: far, localAddress: own } : undefined;
    },
  });
let answer = "";
process.stdin.on("data", (chunk: Buffer) => {
  answer = String(chunk).trim();
  process.stdout.write("told\n");
});
const server = createServer((request, response) => {
  response.setHeader("connection", "close").end(`${answer || request.socket.remoteAddress}\n`);
});
server.listen(8080, site, () => process.stdout.write("ready\n"));
