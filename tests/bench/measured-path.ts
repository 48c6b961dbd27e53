import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import type { VmAddress } from "@browservm/contract";
import { end, FakeGuest } from "../netns/fake-guest.ts";

const PEER = new URL("./path-peer.ts", import.meta.url).pathname;
const PORT = 5001;
const ANSWER_MS = 60_000;

/** A fake guest with a server, and a client in the namespace that has its TAP. Disposing ends them. */
export class MeasuredPath implements AsyncDisposable {
  readonly #guest: FakeGuest;
  readonly #server: ChildProcess;
  readonly #client: Peer;
  readonly #answers: Interface;

  private constructor(guest: FakeGuest, server: ChildProcess, client: Peer, answers: Interface) {
    this.#guest = guest;
    this.#server = server;
    this.#client = client;
    this.#answers = answers;
  }

  /** `hostNamespace` has the TAP, when it is not ours. */
  static async open(address: VmAddress, hostNamespace?: string): Promise<MeasuredPath> {
    await using undo = new AsyncDisposableStack();
    const guest = undo.use(await FakeGuest.start({ address, ...(hostNamespace ? { hostNamespace } : {}) }));
    const server = startPeer(guest.namespace, "serve", String(PORT));
    undo.defer(() => end(server));
    await once(server.stdout, "data", { signal: AbortSignal.timeout(ANSWER_MS) });
    const client = startPeer(hostNamespace, "measure", address.ip, String(PORT));
    const answers = createInterface({ input: client.stdout });
    undo.move();
    return new MeasuredPath(guest, server, client, answers);
  }

  /** Mbit/s from host to guest, over `ms`. */
  send = (ms: number): Promise<number> => this.#ask(`send ${ms}`);
  /** Mbit/s from guest to host, over `ms`. */
  receive = (ms: number): Promise<number> => this.#ask(`receive ${ms}`);
  /** Median milliseconds of `count` round trips of 64 bytes over TCP. */
  echo = (count: number): Promise<number> => this.#ask(`echo ${count}`);

  async #ask(line: string): Promise<number> {
    const answer = once(this.#answers, "line", { signal: AbortSignal.timeout(ANSWER_MS) });
    this.#client.stdin.write(`${line}\n`);
    return Number((await answer)[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.#client, this.#server]) await end(child);
    await this.#guest[Symbol.asyncDispose]();
  }
}

type Peer = ReturnType<typeof startPeer>;

function startPeer(namespace: string | undefined, ...args: readonly string[]) {
  const enter = namespace === undefined ? [] : ["ip", "netns", "exec", namespace];
  const [file = "", ...rest] = [...enter, process.execPath, PEER, ...args];
  return spawn(file, rest, { stdio: ["pipe", "pipe", "inherit"] });
}
