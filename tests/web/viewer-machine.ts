import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, chromium } from "playwright-core";
import { CHROMIUM, CHROMIUM_ARGS } from "./chromium.ts";

const NAMESPACE = "bvview";
const OURS = "bvview0";
const THEIRS = "bvview1";
const TABLE = "viewer";
const NOTICED_MS = 300;

/** Address of the server, as this viewer's machine sees it. */
export const SERVER_ADDRESS = "10.78.0.1";

/**
 * A viewer's machine: a network namespace of its own on a cable to ours, with its own firewall. What is dropped there is
 * dropped for nobody else. Disposing leaves nothing.
 */
export class ViewerMachine implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "bvm-viewer-"));
  #host = 2;

  constructor() {
    ip("netns", "add", NAMESPACE);
    ip("link", "add", OURS, "type", "veth", "peer", "name", THEIRS, "netns", NAMESPACE);
    ip("addr", "add", `${SERVER_ADDRESS}/24`, "dev", OURS);
    ip("link", "set", OURS, "up");
    this.#ip("link", "set", "lo", "up");
    this.#ip("addr", "add", this.#address, "dev", THEIRS);
    this.plug();
  }

  /** Chromium on that machine. Video over WebSocket needs a secure context, which `url` is taken for. */
  launch(url: string): Promise<Browser> {
    const executablePath = join(this.#directory, "chromium");
    writeFileSync(executablePath, `#!/bin/sh\nexec nsenter --net=/run/netns/${NAMESPACE} ${CHROMIUM} "$@"\n`);
    chmodSync(executablePath, 0o755);
    const args = [...CHROMIUM_ARGS, `--unsafely-treat-insecure-origin-as-secure=${url}`];
    return chromium.launch({ executablePath, args });
  }

  /** Drops what these rules match, in both directions; what was dropped before passes again. */
  drop(...matches: readonly string[]): void {
    const rules = matches.map((match) => `${match} counter drop;`).join(" ");
    const chain = (hook: string) => `chain ${hook} { type filter hook ${hook} priority 0; ${rules} };`;
    const table = `table inet ${TABLE} { ${chain("input")} ${chain("output")} };`;
    this.#run("nft", ["-f", "-"], `table inet ${TABLE} {}; delete table inet ${TABLE}; ${table}`);
  }

  /** Packets that the rules have dropped. */
  get dropped(): number {
    const counters = [...this.#run("nft", ["list", "table", "inet", TABLE]).matchAll(/packets (\d+)/g)];
    return counters.reduce((sum, [, packets]) => sum + Number(packets), 0);
  }

  unplug(): void {
    this.#ip("link", "set", THEIRS, "down");
  }

  /** The cable out and in again: the browser notices both. */
  async replug(): Promise<void> {
    this.unplug();
    await sleep(NOTICED_MS);
    this.plug();
  }

  plug(): void {
    this.#ip("link", "set", THEIRS, "up");
    this.#ip("route", "replace", "default", "via", SERVER_ADDRESS);
  }

  /** As in another network: from now on another address, and the old one is nobody's. */
  moveAway(): void {
    this.#ip("addr", "del", this.#address, "dev", THEIRS);
    this.#host += 1;
    this.#ip("addr", "add", this.#address, "dev", THEIRS);
  }

  [Symbol.dispose](): void {
    ip("link", "del", OURS);
    ip("netns", "del", NAMESPACE);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #address(): string {
    return `10.78.0.${this.#host}/24`;
  }

  #ip(...words: readonly string[]): void {
    ip("-n", NAMESPACE, ...words);
  }

  #run(program: string, args: readonly string[], input = ""): string {
    return execFileSync("nsenter", [`--net=/run/netns/${NAMESPACE}`, program, ...args], { input }).toString();
  }
}

const ip = (...words: readonly string[]) => execFileSync("ip", words);
