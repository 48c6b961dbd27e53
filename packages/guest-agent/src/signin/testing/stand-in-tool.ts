/**
 * A command-line tool that signs in as codex, claude and gemini do: asks first questions, prints and opens an address with
 * a PKCE challenge, listens on localhost for the callback, and writes a credential file. What goes wrong is chosen by
 * `TOOL_PLAN`, its words separated by spaces.
 */
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";

const plan = new Set((process.env.TOOL_PLAN ?? "").split(" "));
const home = process.env.HOME ?? "";
const BOLD = "\u001b[1m\u001b[36m";
const PLAIN = "\u001b[0m";

if (plan.has("exits")) process.exit(3);
if (plan.has("floods")) await flood();
if (plan.has("orphans")) orphan();
print(
  `${BOLD}Welcome to the stand-in${PLAIN} (a tty: ${process.stdin.isTTY}, ${process.stdout.columns} columns)`,
);
if (plan.has("asks")) await ask();
if (plan.has("hangs")) await sleep(1e9);
const server = createServer();
server.listen(0, "127.0.0.1", () => signIn((server.address() as AddressInfo).port));

function print(line: string): void {
  process.stdout.write(`${line}\r\n`);
}

async function ask(): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const agreed = await lines.question("Do you trust this directory? [y/N] ");
  if (agreed !== "y") process.exit(4);
  const way = await lines.question(
    `How do you want to sign in?\r\n  1. ${BOLD}In a browser${PLAIN}\r\n  2. By key\r\n> `,
  );
  if (way !== "1") process.exit(5);
  if (plan.has("code")) {
    const code = await lines.question("Paste the code here: ");
    if (code !== "good-code") process.exit(6);
  }
  lines.close();
}

function signIn(port: number): void {
  const verifier = randomBytes(32).toString("base64url");
  const url = new URL("https://login.example/oauth/authorize");
  url.search = new URLSearchParams({
    ...{ response_type: "code", client_id: "stand-in", state: randomBytes(16).toString("base64url") },
    redirect_uri: `http://localhost:${port}/auth/callback`,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    // Longer than a terminal is wide.
    scope: Array.from({ length: 12 }, (_, n) => `scope-${n}`).join(" "),
  }).toString();
  print(`If your browser did not open, go to:\r\n\r\n  ${BOLD}${url}${PLAIN}\r\n`);
  // As npm's `open` does: in a session of its own, without a terminal.
  if (plan.has("opens")) {
    url.searchParams.set("opened", "1");
    spawn("xdg-open", [url.href], { detached: true, stdio: "ignore" }).unref();
  }
  server.on("request", (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    // A browser asks for an icon, too.
    if (pathname !== "/auth/callback") return void response.writeHead(404).end();
    response.end("You may close this.");
    server.close();
    void finish(searchParams.get("code") ?? "");
  });
}

async function finish(code: string): Promise<void> {
  mkdirSync(`${home}/.stand-in`, { recursive: true });
  const path = `${home}/.stand-in/auth.json`;
  const credentials = JSON.stringify({ access_token: `secret-${code}`, refresh_token: "secret-refresh" });
  print(`debug: ${credentials}`);
  if (plan.has("slow-write")) {
    writeFileSync(path, credentials.slice(0, 10));
    await sleep(900);
    writeFileSync(path, credentials);
  } else if (plan.has("malformed")) writeFileSync(path, credentials.slice(0, 10));
  else if (!plan.has("no-file")) {
    writeFileSync(`${path}.new`, credentials, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
  if (plan.has("stays")) await sleep(1e9);
  process.exit(plan.has("fails-late") ? 9 : 0);
}

/** Something that outlives whoever kills only process groups. */
function orphan(): void {
  const loop = "trap '' HUP TERM; while :; do sleep 1; done";
  spawn("setsid", ["sh", "-c", `echo $$ >"$HOME/orphan.pid"; ${loop}`], {
    detached: true,
    stdio: "ignore",
  }).unref();
}

async function flood(): Promise<never> {
  const line = `${"x".repeat(500)}\r\n`.repeat(100);
  while (true) if (!process.stdout.write(line)) await sleep(0);
}
