/**
 * A command-line tool as codex and gemini are one, which `npm install` brings: it asks a first question, opens the
 * provider's page by $BROWSER, waits on localhost, exchanges the code itself, and keeps what it got in a file. `whoami`
 * says who the provider takes it for.
 */
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline/promises";

const { HOME = "", BROWSER = "", TOOL_ISSUER = "", TOOL_CLIENT = "", TOOL_SECRET = "" } = process.env;
const FILE = `${HOME}/.stand-in/auth.json`;
const random = () => randomBytes(32).toString("base64url");

if (process.argv[2] === "whoami") await whoAmI();
else await login();

async function whoAmI(): Promise<void> {
  const { issuer, tokens } = JSON.parse(readFileSync(FILE, "utf8"));
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const reply = await fetch(`${issuer}/me`, { headers });
  const { sub } = (await reply.json()) as { sub?: string };
  process.stdout.write(`signed in as ${sub}\n`);
}

async function login(): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const way = await lines.question("How do you want to sign in?\r\n  1. In a browser\r\n  2. By key\r\n> ");
  lines.close();
  if (way !== "1") process.exit(5);
  const [verifier, state] = [random(), random()];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const redirectUri = `http://localhost:${(server.address() as AddressInfo).port}/callback`;
  const question = new URL(`${TOOL_ISSUER}/auth`);
  question.search = new URLSearchParams({
    ...{ response_type: "code", client_id: TOOL_CLIENT, redirect_uri: redirectUri, state },
    ...{ scope: "openid offline_access", prompt: "consent", code_challenge_method: "S256" },
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
  }).toString();
  spawn(BROWSER, [question.href], { detached: true, stdio: "ignore" }).unref();
  server.on("request", (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", redirectUri);
    if (pathname !== "/callback" || searchParams.get("state") !== state)
      return void response.writeHead(404).end();
    response.end("You may close this.");
    server.close();
    void exchange({
      code: searchParams.get("code") ?? "",
      code_verifier: verifier,
      redirect_uri: redirectUri,
    });
  });
}

async function exchange(answer: Readonly<Record<string, string>>): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${TOOL_CLIENT}:${TOOL_SECRET}`).toString("base64")}`;
  const body = new URLSearchParams({ ...answer, grant_type: "authorization_code" });
  const reply = await fetch(`${TOOL_ISSUER}/token`, { method: "POST", headers: { authorization }, body });
  mkdirSync(`${HOME}/.stand-in`, { recursive: true });
  writeFileSync(FILE, JSON.stringify({ issuer: TOOL_ISSUER, tokens: await reply.json() }), { mode: 0o600 });
  process.exit(reply.ok ? 0 : 7);
}
