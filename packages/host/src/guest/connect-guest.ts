import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  BrowserVmError,
  type CallOptions,
  type GuestCall,
  type GuestNote,
  type GuestNoteData,
  type GuestParams,
  type GuestResult,
  HostChannel,
} from "@browservm/contract";
import type { Logger } from "pino";
import { connectOwned } from "./connect-owned.ts";
import type { Guest } from "./guest.ts";
import { Latch } from "./latch.ts";
import { openVsock } from "./open-vsock.ts";

export interface ConnectGuestOptions {
  /** The VMM's unix socket whose other end is the guest's control port. It serves one client at a time. */
  readonly socketPath: string;
  /** Set where the socket is Firecracker's vsock: the guest's port to be asked for on each connection. */
  readonly vsockPort?: number | undefined;
  /** Set where the guest made that socket, and may put something else in its place: the user that owns it. */
  readonly owner?: number | undefined;
  readonly log: Logger;
  /** Milliseconds of a steady clock. */
  readonly now?: () => number;
}

const RECONNECT_MS = { first: 50, most: 1000, mostGuest: 200 } as const;
const ASK_AGAIN_MS = { first: 250, most: 2000 } as const;
const HELLO_AGAIN_MS = 60_000;
/** What may wait for a guest that does not read. */
const WRITE_LIMIT_BYTES = 4 * 1_048_576;

/** Begins to connect in the background and keeps at it until disposed. */
export function connectGuest(options: ConnectGuestOptions): Guest {
  return new GuestConnection(options);
}

type Listeners = { [N in GuestNote]?: Set<(data: GuestNoteData<N>) => void> };

class GuestConnection implements Guest {
  readonly #options: ConnectGuestOptions;
  readonly #channel: HostChannel;
  readonly #ready = new Latch();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #listeners: Listeners = {};
  readonly #resetListeners = new Set<() => void>();
  #socket: Socket | undefined;
  /** What the agent was told first. An agent that starts anew is told again before it is asked anything. */
  #hello: GuestParams<"hello"> | undefined;
  #heardAt: number | undefined;

  constructor(options: ConnectGuestOptions) {
    this.#options = options;
    this.#channel = new HostChannel({
      write: (bytes) => this.#write(bytes),
      now: options.now ?? (() => performance.now()),
      onOpen: () => void this.#onOpen(),
      onLost: () => this.#openEpoch(),
      onNote: (note, data) => this.#onNote(note, data),
      onFault: (error) => this.#onFault(error),
    });
    this.#running = this.#keepConnected();
  }

  async call<C extends GuestCall>(
    name: C,
    params: GuestParams<C>,
    options: CallOptions,
  ): Promise<GuestResult<C>> {
    const begun = performance.now();
    await this.#awaitReady(name, options);
    const timeoutMs = Math.max(1, options.timeoutMs - (performance.now() - begun));
    // The time is that of sending: the channel may have been waited for.
    const sent = "hostTime" in params ? { ...params, hostTime: new Date().toISOString() } : params;
    const result = await this.#channel.call(name, sent, { ...options, timeoutMs });
    this.#heardAt = performance.now();
    if (name === "hello") this.#hello = params as GuestParams<"hello">;
    return result;
  }

  get heardAt(): number | undefined {
    return this.#heardAt;
  }

  onNote<N extends GuestNote>(note: N, listener: (data: GuestNoteData<N>) => void): () => void {
    const listeners: Set<(data: GuestNoteData<N>) => void> = this.#listeners[note] ?? new Set();
    (this.#listeners as Record<string, unknown>)[note] = listeners;
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  onReset(listener: () => void): () => void {
    this.#resetListeners.add(listener);
    return () => void this.#resetListeners.delete(listener);
  }

  connected(signal: AbortSignal): Promise<void> {
    return this.#ready.wait(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ready.break(new BrowserVmError("AGENT_UNREACHABLE", "the control channel was let go"));
    this.#stop.abort();
    this.#socket?.destroy();
    await this.#running;
  }

  async #awaitReady(name: GuestCall, { timeoutMs, signal }: CallOptions): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      await this.#ready.wait(signal ? AbortSignal.any([deadline, signal]) : deadline);
    } catch (error) {
      if (signal?.aborted) throw new BrowserVmError("CANCELLED", `the call ${name} was cancelled`);
      if (!deadline.aborted) throw error;
      throw new BrowserVmError("AGENT_UNREACHABLE", `the control channel did not open in time for ${name}`, {
        timeoutMs,
      });
    }
  }

  async #keepConnected(): Promise<void> {
    let pauseMs: number = RECONNECT_MS.first;
    while (!this.#stop.signal.aborted) {
      const wasConnected = await this.#connectOnce();
      pauseMs = wasConnected ? RECONNECT_MS.first : Math.min(this.#longestPauseMs, pauseMs * 2);
      // A stop in the pause is no failure: the loop sees it.
      await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  /** Where it is the agent that listens, nothing answers until it does: the wait for it is a part of every boot. */
  get #longestPauseMs(): number {
    const { vsockPort, owner } = this.#options;
    return vsockPort === undefined && owner === undefined ? RECONNECT_MS.most : RECONNECT_MS.mostGuest;
  }

  /** Settles when the connection is over; true when there was one. */
  async #connectOnce(): Promise<boolean> {
    const { socketPath, owner } = this.#options;
    const socket = owner === undefined ? connect(socketPath) : connectOwned(socketPath, owner);
    this.#socket = socket;
    let wasConnected = false;
    const ended = Promise.withResolvers<void>();
    const { vsockPort } = this.#options;
    const open = (): void => {
      wasConnected = true;
      socket.on("data", (bytes) => this.#channel.receive(bytes));
      this.#openEpoch();
    };
    socket.once("connect", () => (vsockPort === undefined ? open() : openVsock(socket, vsockPort, open)));
    socket.on("error", (error) => this.#options.log.debug({ err: error }, "control socket failed"));
    socket.once("close", () => ended.resolve());
    const asking = this.#askUntilOpen(socket);
    await ended.promise;
    this.#reset();
    this.#channel.close("the VMM's socket closed");
    await asking;
    return wasConnected;
  }

  /** The agent may start long after the VMM: the opening is sent again until it is echoed. */
  async #askUntilOpen(socket: Socket): Promise<void> {
    let pauseMs: number = ASK_AGAIN_MS.first;
    while (!socket.closed && !this.#stop.signal.aborted) {
      await sleep(pauseMs, undefined, { ref: false });
      if (this.#channel.isOpen) pauseMs = ASK_AGAIN_MS.first;
      else if (socket.writableLength === 0) {
        this.#channel.askAgain();
        pauseMs = Math.min(ASK_AGAIN_MS.most, pauseMs * 1.5);
      }
    }
  }

  #reset(): void {
    this.#ready.shut();
    for (const listener of this.#resetListeners) listener();
  }

  #openEpoch(): void {
    this.#reset();
    this.#channel.open(randomBytes(16).toString("hex"));
  }

  async #onOpen(): Promise<void> {
    const hello = this.#hello;
    if (hello) {
      try {
        const params = { ...hello, hostTime: new Date().toISOString() };
        await this.#channel.call("hello", params, { timeoutMs: HELLO_AGAIN_MS });
        this.#options.log.info("the agent was told again who it is");
      } catch (error) {
        this.#options.log.warn({ err: error }, "the agent did not take its hello again");
        return; // a lost epoch opens the next one, and a lost socket the next connection
      }
    }
    if (this.#channel.isOpen) this.#ready.open();
  }

  #onNote<N extends GuestNote>(note: N, data: GuestNoteData<N>): void {
    for (const listener of this.#listeners[note] ?? []) listener(data);
  }

  #onFault(error: BrowserVmError): void {
    this.#options.log.error({ err: error }, "the guest broke the protocol");
    this.#reset();
    this.#ready.break(error);
    this.#stop.abort();
    this.#socket?.destroy();
  }

  #write(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    if (!socket?.writable || socket.writableLength + bytes.length > WRITE_LIMIT_BYTES) return false;
    socket.write(bytes);
    return true;
  }
}
