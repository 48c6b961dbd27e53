import type { z } from "zod";
import {
  CHANNEL_LIMITS,
  GUEST_CALLS,
  type GuestCall,
  type GuestNote,
  type GuestNoteData,
  type GuestResult,
} from "../guest/calls.ts";
import { EPOCH_LOST, epochLine, epochOf } from "./epoch.ts";
import { LineReader } from "./line-reader.ts";
import { encodeFrame, type Frame, FrameRefused, parseFrame, RPC_CODES } from "./parse-frame.ts";

export interface ServeContext {
  /** Ends when the host that asked is gone (a new epoch began). */
  readonly signal: AbortSignal;
}

/** One function per call of the contract; what it throws travels to the host as the refusal's words. */
export type GuestHandlers = {
  readonly [C in GuestCall]: (
    params: z.output<(typeof GUEST_CALLS)[C]["params"]>,
    context: ServeContext,
  ) => GuestResult<C> | Promise<GuestResult<C>>;
};

export interface GuestChannelOptions {
  /** Sends bytes to the host; settles when the transport has taken them. */
  write(bytes: Uint8Array): Promise<void>;
  readonly handlers: GuestHandlers;
  /** Something that an honest host does not send. */
  onOddity(what: string): void;
}

/** The agent's end of a control channel, without a transport. It speaks only inside an epoch that the host opened. */
export class GuestChannel {
  readonly #options: GuestChannelOptions;
  readonly #lines: LineReader;
  #epoch: { readonly id: string; readonly ended: AbortController } | undefined;

  constructor(options: GuestChannelOptions) {
    this.#options = options;
    this.#lines = new LineReader(CHANNEL_LIMITS.lineBytes, {
      onLine: (line) => this.#onLine(line),
      onOverlong: () => options.onOddity("a line without an end"),
    });
  }

  get isOpen(): boolean {
    return this.#epoch !== undefined;
  }

  /** Tells a host that thinks the channel is open that this agent is a new one. */
  sayLost(): Promise<void> {
    return this.#options.write(EPOCH_LOST);
  }

  receive(bytes: Uint8Array): void {
    this.#lines.push(bytes);
  }

  /** Sends a note; dropped while no host has opened an epoch. Settles when the transport has taken it. */
  async note<N extends GuestNote>(note: N, data: GuestNoteData<N>): Promise<void> {
    if (this.#epoch) await this.#send({ jsonrpc: "2.0", method: note, params: data }, this.#epoch.id);
  }

  #onLine(line: Uint8Array): void {
    const epoch = epochOf(line);
    if (epoch !== undefined) this.#onOpening(epoch);
    else if (this.#epoch && line.length > 0) this.#onFrame(line, this.#epoch);
  }

  #onOpening(id: string): void {
    if (id !== this.#epoch?.id) {
      this.#epoch?.ended.abort(new Error("the host opened a new epoch"));
      this.#epoch = { id, ended: new AbortController() };
    }
    void this.#options.write(epochLine(id));
  }

  #onFrame(line: Uint8Array, epoch: { readonly id: string; readonly ended: AbortController }): void {
    let frame: Frame;
    try {
      frame = parseFrame(line);
    } catch (error) {
      this.#options.onOddity(error instanceof FrameRefused ? error.message : String(error));
      return;
    }
    if ("method" in frame && "id" in frame) void this.#serve(frame, epoch.id, { signal: epoch.ended.signal });
    else this.#options.onOddity("an answer or a note");
  }

  async #serve(
    call: { readonly id: number; readonly method: string; readonly params?: unknown },
    epoch: string,
    context: ServeContext,
  ): Promise<void> {
    const { id } = call;
    try {
      const result = await this.#answer(call.method, call.params, context);
      await this.#send({ jsonrpc: "2.0", id, result }, epoch);
    } catch (error) {
      const code = error instanceof CallRefused ? error.rpcCode : RPC_CODES.failed;
      const message = (error instanceof Error ? error.message : String(error)).slice(0, 1000);
      await this.#send({ jsonrpc: "2.0", id, error: { code, message } }, epoch);
    }
  }

  async #answer(method: string, params: unknown, context: ServeContext): Promise<unknown> {
    if (!Object.hasOwn(GUEST_CALLS, method)) throw new CallRefused(RPC_CODES.methodNotFound, "no such call");
    const name = method as GuestCall;
    const checked = GUEST_CALLS[name].params.safeParse(params ?? {});
    if (!checked.success) {
      const where = checked.error.issues
        .map(({ path, message }) => `${path.join(".")}: ${message}`)
        .join("; ");
      throw new CallRefused(RPC_CODES.invalidParams, `invalid parameters: ${where}`);
    }
    // The table pairs each name with its own parameters; TypeScript cannot follow a name that it does not know.
    const handler = this.#options.handlers[name] as (params: unknown, context: ServeContext) => unknown;
    return handler(checked.data, context);
  }

  /** Nothing of an earlier epoch is ever said in a later one. */
  async #send(frame: Frame, epoch: string): Promise<void> {
    if (epoch === this.#epoch?.id) await this.#options.write(encodeFrame(frame));
  }
}

class CallRefused extends Error {
  readonly rpcCode: number;

  constructor(rpcCode: number, message: string) {
    super(message);
    this.rpcCode = rpcCode;
  }
}
