import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { end, must } from "../netns/fake-guest.ts";

// The soak's own namespace plays the machine. RFC 5737 addresses play the internet, which knows no route to guests.
const MACHINE = "203.0.113.1";
export const INTERNET = "203.0.113.254";
export const PAGE_WORDS = "the page outside";
const SERVER = `
  const { createServer } = require("node:http");
  createServer((request, response) => {
    process.stdout.write(request.url + "\\n");
    response.end("${PAGE_WORDS}");
  }).listen(80);
  require("node:net").createServer((socket) => socket.end()).listen(53, () => process.stdout.write("ready\\n"));
`;

/** A namespace outside, with a page at port 80 and an open port 53; every request's path is told. */
export class Internet implements AsyncDisposable {
  readonly #server: ChildProcess;

  private constructor(server: ChildProcess) {
    this.#server = server;
  }

  static async open(onRequest: (path: string) => void): Promise<Internet> {
    await must("ip", "netns", "add", "internet");
    await must("ip", "link", "add", "wan0", "type", "veth", "peer", "name", "eth0", "netns", "internet");
    await must("ip", "addr", "add", `${MACHINE}/24`, "dev", "wan0");
    await must("ip", "link", "set", "wan0", "up");
    await must("ip", "route", "add", "default", "via", INTERNET);
    await must("ip", "-n", "internet", "addr", "add", `${INTERNET}/24`, "dev", "eth0");
    await must("ip", "-n", "internet", "link", "set", "eth0", "up");
    const command = ["netns", "exec", "internet", process.execPath, "-e", SERVER];
    const server = spawn("ip", command, { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: server.stdout });
    await once(lines, "line", { signal: AbortSignal.timeout(30_000) });
    lines.on("line", onRequest);
    return new Internet(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#server);
    await must("ip", "link", "del", "wan0");
    await must("ip", "netns", "del", "internet");
  }
}
