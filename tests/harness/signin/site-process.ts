import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { GROUND, NAME_FIELD, PERSON } from "../../../packages/controller/src/testing/login-pages.ts";

// ADDRESS: a website with a login of its own kind, by a cookie and something in local storage. Asked by a line, it tells
// whom it took those for who have opened its start page since it was asked before.
const [address = ""] = process.argv.slice(2);
const names = new Map<string, string>();
let greeted: { by: string; stored: string | null }[] = [];

const page = (ground: readonly number[], inside: string) =>
  `<!doctype html><title>a site</title><body style="font:24px sans-serif;background:rgb(${ground.join(",")})">${inside}`;
const LOGIN = page(
  GROUND.login,
  `<h1>Sign in</h1><p></p><form method="post"><label>name <input name="name" autocomplete="off" style="height:${NAME_FIELD.height}px"></label>` +
    `<label>password <input name="password" type="password"></label><button>Go on</button></form>`,
);
const home = (name: string) =>
  page(
    GROUND.consent,
    `<h1>You are ${name}</h1><script>
     if (location.hash) { localStorage.theme = location.hash; location.hash = ""; }
     fetch("/greeted?stored=" + encodeURIComponent(localStorage.theme ?? ""), { method: "POST" });
     </script>`,
  );

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://site");
  const sid = /(?:^|; )sid=([^;]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
  const name = names.get(sid);
  const html = (text: string) => response.writeHead(200, { "content-type": "text/html" }).end(text);
  if (pathname === "/greeted") {
    greeted.push({ by: name ?? "nobody", stored: searchParams.get("stored") });
    return void response.end();
  }
  if (pathname === "/") return void html(name ? home(name) : page(GROUND.broken, "<h1>Who are you?</h1>"));
  if (request.method !== "POST") return void html(LOGIN);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const sent = new URLSearchParams(Buffer.concat(chunks).toString());
  if (sent.get("password") !== PERSON.password) return void html(LOGIN);
  const made = randomUUID();
  names.set(made, sent.get("name") ?? "");
  const cookie = `sid=${made}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600`;
  response.writeHead(303, { location: "/#dark", "set-cookie": cookie }).end();
});
server.listen(0, address, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ origin: `http://${address}:${port}` })}\n`);
});
process.stdin.on("data", () => {
  process.stdout.write(`${JSON.stringify(greeted)}\n`);
  greeted = [];
});
process.stdin.on("end", () => process.exit());
