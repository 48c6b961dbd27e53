// An internet for one browser: DNS, a site, and two proxies that want credentials. Answers lines of its stdin in JSON.
// node egress-outside-process.ts RESOLVER SITE PROXY USERNAME PASSWORD
import { createSocket } from "node:dgram";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import dnsPacket from "dns-packet";
import { MockProxy } from "../../packages/host/src/testing/mock-proxy.ts";

const [resolver = "", site = "", proxy = "", username = "", password = ""] = process.argv.slice(2);
const SITE_PORT = 8080;
/** Says in its title how often it was told something. */
const PAGE = `<!doctype html><title>opened</title><h1>opened</h1><script>
const read = async () => {
  const reader = (await fetch("/stream")).body.getReader();
  for (let times = 1; !(await reader.read()).done; times += 1) document.title = "heard " + times;
};
read();
</script>`;

/** What came: names that DNS was asked for, places that proxies were asked for, and what the site was told, by whom. */
const seen = { names: [] as string[], proxied: [] as string[], told: [] as unknown[] };
const proxies: MockProxy[] = [];

async function startProxies(): Promise<void> {
  for (const [kind, port] of [
    ["http", 3128],
    ["socks5", 1080],
  ] as const)
    proxies.push(
      await MockProxy.start({
        kind,
        host: proxy,
        port,
        credentials: { username, password },
        lead: (host, far) => {
          seen.proxied.push(`${kind} ${host}:${far}`);
          return far === SITE_PORT ? { host: site, port: far, localAddress: proxy } : undefined;
        },
      }),
    );
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("access-control-allow-origin", "*");
  const from = request.socket.remoteAddress;
  if (request.url === "/whoami") return void response.end(from);
  if (request.url === "/stream") return void stream(response);
  if (request.url === "/favicon.ico") return void response.writeHead(404).end();
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    seen.told.push({ path: request.url, from, ...(body === "" ? {} : { body: JSON.parse(body) }) });
    response.setHeader("content-type", "text/html").end(PAGE);
  });
}

function stream(response: ServerResponse): void {
  const timer = setInterval(() => response.write("x"), 100);
  response.on("close", () => clearInterval(timer));
}

const udp = createSocket("udp4", (bytes, { address, port }) => {
  const { id = 0, questions = [] } = dnsPacket.decode(bytes);
  const [{ name, type } = { name: "", type: "A" }] = questions;
  seen.names.push(name);
  const answers =
    type === "A" ? [{ name, type: "A" as const, class: "IN" as const, ttl: 1, data: site }] : [];
  udp.send(dnsPacket.encode({ type: "response", id, questions, answers }), port, address);
});
udp.bind(53, resolver, () =>
  createServer(serve).listen(SITE_PORT, site, async () => {
    await startProxies();
    process.stdout.write('"ready"\n');
  }),
);

createInterface({ input: process.stdin }).on("line", async (line) => {
  if (line === "proxies down") for (const one of proxies.splice(0)) await one[Symbol.asyncDispose]();
  if (line === "proxies up" && proxies.length === 0) await startProxies();
  process.stdout.write(`${JSON.stringify(seen)}\n`);
  if (line === "forget") for (const list of Object.values(seen)) list.length = 0;
});
