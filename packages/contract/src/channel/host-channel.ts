import type { z } from "zod";
import { BrowserVmError } from "../errors.ts";
import {
  CHANNEL_LIMITS,
  GUEST_CALLS,
  GUEST_NOTES,
  type GuestCall,
  type GuestNote,
  type GuestNoteData,
  type GuestParams,
  type GuestResult,
} from "../guest/calls.ts";
import { epochLine, epochOf, isEpochLost } from "./epoch.ts";
import { LineReader } from "./line-reader.ts";
import { encodeFrame, type Frame, FrameRefused, parseFrame } from "./parse-frame.ts";
import { PendingCalls } from "./pending-calls.ts";
import { RateMeter } from "./rate-meter.ts";
import { sanitizeLine } from "./sanitize.ts";

/** What a guest may send without being asked; an agent of ours stays far below it. */
export const UNASKED_LIMITS = {
  bytes: { burst: 16 * 1_048_576, perSecond: 8 * 1_048_576 },
  lines: { burst: 4000, perSecond: 2000 },
  /** Lines outside the contract. A few happen when an agent dies in the middle of a line. */
  strikes: { burst: 8, perSecond: 0.2 },
} as const;

export interface HostChannelOptions {
  /** Sends bytes to the guest; false when too much is waiting there already and nothing was taken. */
  write(bytes: Uint8Array): boolean;
  /** Milliseconds of a steady clock. */
  now(): number;
  /** The agent echoed the epoch: calls are taken from here on. */
  onOpen(): void;
  /** The agent lost its epoch (it started anew); open a fresh one. */
  onLost(): void;
  onNote<N extends GuestNote>(note: N, data: GuestNoteData<N>): void;
  /** The guest broke the protocol beyond patience. Nothing is read any more. */
  onFault(error: BrowserVmError): void;
}

export interface CallOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * The host's end of a control channel, without a transport: bytes go in by `receive` and out by `write`.
 * Whatever a hostile guest sends costs bounded memory and time here, and ends in AGENT_PROTOCOL.
 */
export class HostChannel {
  readonly #options: HostChannelOptions;
  readonly #lines: LineReader;
  readonly #pending = new PendingCalls(CHANNEL_LIMITS.pendingCalls);
  readonly #meters: Record<keyof typeof UNASKED_LIMITS, RateMeter>;
  #state: "closed" | "opening" | "open" | "faulty" = "closed";
  #epoch = "";

  constructor(options: HostChannelOptions) {
    this.#options = options;
    const now = options.now();
    this.#meters = {
      bytes: new RateMeter(UNASKED_LIMITS.bytes, now),
      lines: new RateMeter(UNASKED_LIMITS.lines, now),
      strikes: new RateMeter(UNASKED_LIMITS.strikes, now),
    };
    this.#lines = new LineReader(CHANNEL_LIMITS.lineBytes, {
      onLine: (line) => this.#onLine(line),
      onOverlong: () => this.#onOverlong(),
    });
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Begins a fresh epoch: all that waits fails, and all that arrives is discarded until the agent echoes it. */
  open(epoch: string): void {
    if (this.#state === "faulty") return;
    this.close("a new epoch began");
    this.#epoch = epoch;
    this.#state = "opening";
    this.#lines.discardPartial();
    this.askAgain();
  }

  /** Sends the opening once more: the agent may not have listened the first time. */
  askAgain(): void {
    if (this.#state === "opening") this.#options.write(epochLine(this.#epoch));
  }

  /** The transport is gone. Calls that wait fail as AGENT_UNREACHABLE. */
  close(why: string): void {
    if (this.#state !== "faulty") this.#state = "closed";
    this.#pending.failAll(new BrowserVmError("AGENT_UNREACHABLE", `the control channel closed: ${why}`));
  }

  receive(bytes: Uint8Array): void {
    if (this.#state === "opening" || this.#state === "open") this.#lines.push(bytes);
  }

  call<C extends GuestCall>(name: C, params: GuestParams<C>, options: CallOptions): Promise<GuestResult<C>> {
    const schema = GUEST_CALLS[name];
    const checked = schema.params.safeParse(params);
    if (!checked.success)
      return refuse("BAD_REQUEST", `the parameters of ${name} are not valid`, {
        issues: checked.error.issues,
      });
    if (this.#state !== "open") return refuse("AGENT_UNREACHABLE", "the control channel is not open", {});
    return this.#pending.add(
      {
        name,
        ...options,
        accept: (result) => schema.result.safeParse(result) as z.ZodSafeParseResult<GuestResult<C>>,
      },
      (id) => this.#send({ jsonrpc: "2.0", id, method: name, params: checked.data }),
    );
  }

  #send(frame: Frame): void {
    let line: Uint8Array;
    try {
      line = encodeFrame(frame);
    } catch (error) {
      throw new BrowserVmError(
        "BAD_REQUEST",
        "the call is longer than the control channel takes",
        {
          limitBytes: CHANNEL_LIMITS.lineBytes,
        },
        { cause: error },
      );
    }
    if (!this.#options.write(line))
      throw new BrowserVmError("AGENT_UNREACHABLE", "the guest's agent does not read what it was sent");
  }

  #onLine(line: Uint8Array): void {
    if (this.#state === "opening") {
      if (!this.#charge(line.length)) return;
      if (epochOf(line) === this.#epoch) this.#opened();
      else if (isEpochLost(line)) this.askAgain(); // it starts to listen now: no need to wait for the next turn
    } else if (this.#state === "open") this.#onOpenLine(line);
  }

  #opened(): void {
    this.#state = "open";
    this.#options.onOpen();
  }

  #onOpenLine(line: Uint8Array): void {
    if (line.length === 0 || epochOf(line) === this.#epoch) {
      this.#charge(line.length); // the echo of an opening that was sent again
      return;
    }
    if (isEpochLost(line)) {
      if (this.#strike("it started anew")) this.#options.onLost();
      return;
    }
    try {
      this.#onFrame(parseFrame(line), line.length);
    } catch (error) {
      if (!(error instanceof FrameRefused)) throw error;
      if (this.#charge(line.length)) this.#strike(`a line that is ${error.message}`);
    }
  }

  #onFrame(frame: Frame, bytes: number): void {
    if (!("method" in frame)) this.#onAnswer(frame, bytes);
    else if (!this.#charge(bytes)) return;
    else if ("id" in frame) this.#strike("a call, and the host serves none");
    else this.#onNote(frame.method, frame.params);
  }

  #onAnswer(frame: Extract<Frame, { id: number }>, bytes: number): void {
    const wasAsked =
      "error" in frame
        ? this.#pending.fail(frame.id, sanitizeLine(frame.error.message, 1000), frame.error.code)
        : this.#pending.answer(frame.id, "result" in frame ? frame.result : undefined);
    // An answer after its deadline is honest, but nobody waits for it: it counts as unasked.
    if (wasAsked === "unasked") this.#charge(bytes);
    if (wasAsked === "refused") this.#strike("an answer outside the contract");
  }

  #onNote(method: string, params: unknown): void {
    if (!Object.hasOwn(GUEST_NOTES, method)) {
      this.#strike("an unknown note");
      return;
    }
    const note = method as GuestNote;
    const data = GUEST_NOTES[note].safeParse(params);
    if (data.success) this.#options.onNote(note, data.data as GuestNoteData<typeof note>);
    else this.#strike(`a ${note} note outside the contract`);
  }

  #onOverlong(): void {
    if (this.#charge(CHANNEL_LIMITS.lineBytes) && this.#state === "open")
      this.#strike("a line without an end");
  }

  /** Counts what nobody asked for; false when that was too much and the channel is now faulty. */
  #charge(bytes: number): boolean {
    const now = this.#options.now();
    if (this.#meters.bytes.take(bytes, now) && this.#meters.lines.take(1, now)) return true;
    this.#fault("the guest floods the control channel");
    return false;
  }

  #strike(what: string): boolean {
    if (this.#meters.strikes.take(1, this.#options.now())) return true;
    this.#fault(`the guest keeps breaking the protocol, lastly with ${what}`);
    return false;
  }

  #fault(detail: string): void {
    this.#state = "faulty";
    const error = new BrowserVmError("AGENT_PROTOCOL", detail);
    this.#pending.failAll(error);
    this.#options.onFault(error);
  }
}

function refuse(
  code: "BAD_REQUEST" | "AGENT_UNREACHABLE",
  detail: string,
  details: Record<string, unknown>,
): Promise<never> {
  return Promise.reject(new BrowserVmError(code, detail, details));
}
