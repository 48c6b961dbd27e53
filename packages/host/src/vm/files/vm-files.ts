import type { IncomingMessage } from "node:http";
import { pipeline, type Readable } from "node:stream";
import {
  AGENT_PATHS,
  BrowserVmError,
  FileListing,
  type IfExists,
  sanitizeLine,
  type VmId,
  WrittenFile,
} from "@browservm/contract";
import type { z } from "zod";
import { type AgentLine, askAgent } from "../../stream/ask-agent.ts";
import { Meter, tooLarge } from "../../stream/meter.ts";

export interface VmFilesParts {
  /** A connection to the agent of a VM that is ready: VM_NOT_FOUND, VM_NOT_READY, STREAM_REFUSED. */
  readonly openAgentLine: (id: VmId, signal: AbortSignal) => Promise<AgentLine>;
  readonly mostBytes: number;
  /** Multiplies every deadline that a guest must keep. */
  readonly patience: number;
}

export interface VmFileWrite {
  readonly path: string;
  readonly ifExists: IfExists;
  /** Where it is known. */
  readonly size?: number | undefined;
  readonly body: Readable;
}

export interface VmFileRead {
  readonly size: number;
  readonly body: Readable;
}

interface AgentFetch {
  /** Of the agent's HTTP, with its query. */
  readonly target: string;
  readonly mostBytes: number;
  /** How long the answer may take after the question was sent, in milliseconds with KVM. */
  readonly answerMs?: number;
  readonly signal: AbortSignal;
}

type AgentDelivery = AgentFetch & Pick<VmFileWrite, "size" | "body">;

const ANSWER_MS = 20_000;
/** Somebody far away sends and reads slowly, but they do. */
const IDLE_MS = 120_000;
/** A thousand names of 255 characters, each of up to six bytes as JSON. */
const MAX_LISTING_BYTES = 2 * 1_048_576;
const MAX_WORD_BYTES = 32_768;

/** Files into a guest and out of it, as streams. Nothing that the guest says of them is believed. */
export class VmFiles {
  readonly #parts: VmFilesParts;

  constructor(parts: VmFilesParts) {
    this.#parts = parts;
  }

  async list(id: VmId, path: string, signal: AbortSignal): Promise<FileListing> {
    const target = `${AGENT_PATHS.fileList}?${new URLSearchParams({ path })}`;
    const response = await this.#ask(id, { method: "GET", path: target, signal });
    return parseAnswer(FileListing, await this.#readJson(response, MAX_LISTING_BYTES));
  }

  /** The file as it is sent; its size is certain, or the stream fails. */
  read(id: VmId, path: string, signal: AbortSignal): Promise<VmFileRead> {
    const { mostBytes } = this.#parts;
    return this.fetch(id, { target: fileTarget({ path }), mostBytes, signal });
  }

  /** What the agent sends for `target`, as `read`. */
  async fetch(id: VmId, { target, mostBytes, answerMs, signal }: AgentFetch): Promise<VmFileRead> {
    const response = await this.#ask(id, { method: "GET", path: target, signal }, answerMs);
    const size = Number(response.headers["content-length"]);
    if (!Number.isSafeInteger(size) || size < 0 || size > mostBytes) {
      response.destroy();
      throw size > mostBytes ? tooLarge(mostBytes) : nonsense();
    }
    const body = this.#meter(size);
    // How it ends is the reader's to see: the meter is destroyed with it.
    pipeline(response, body, () => {});
    return { size, body };
  }

  /** Answers when the file has its name. Of one that was not written nothing is left. */
  async write(id: VmId, { path, ifExists, ...what }: VmFileWrite, signal: AbortSignal): Promise<WrittenFile> {
    const { mostBytes } = this.#parts;
    const target = fileTarget({ path, ifExists });
    return parseAnswer(WrittenFile, await this.deliver(id, { target, mostBytes, signal, ...what }));
  }

  /** Gives the agent `body` for `target`; answers what it says when it has taken it whole. */
  async deliver(
    id: VmId,
    { target, mostBytes, answerMs, signal, size, body }: AgentDelivery,
  ): Promise<unknown> {
    if (size !== undefined && size > mostBytes) throw tooLarge(mostBytes);
    const meter = this.#meter(mostBytes);
    const breakOff = () => meter.destroy(new BrowserVmError("CANCELLED", "the sender broke off"));
    body.once("close", breakOff).once("error", breakOff);
    body.once("end", () => body.off("close", breakOff));
    try {
      const question = { method: "PUT", path: target, signal, body: meter, size } as const;
      const asked = this.#ask(id, question, answerMs);
      body.pipe(meter);
      return await this.#readJson(await asked, MAX_WORD_BYTES);
    } finally {
      // What still comes is thrown away, so that its sender can read the answer.
      body.off("close", breakOff).unpipe(meter).resume();
      meter.destroy();
    }
  }

  async remove(id: VmId, path: string, signal: AbortSignal): Promise<void> {
    const response = await this.#ask(id, { method: "DELETE", path: fileTarget({ path }), signal });
    response.destroy();
  }

  async #ask(
    id: VmId,
    question: Omit<Parameters<typeof askAgent>[1], "timeoutMs">,
    answerMs: number = ANSWER_MS,
  ): Promise<IncomingMessage> {
    const line = await this.#parts.openAgentLine(id, question.signal);
    return askAgent(line, { ...question, timeoutMs: answerMs * this.#parts.patience });
  }

  #meter(mostBytes: number): Meter {
    return new Meter({ mostBytes, idleMs: IDLE_MS * this.#parts.patience });
  }

  async #readJson(response: IncomingMessage, mostBytes: number): Promise<unknown> {
    const meter = this.#meter(mostBytes);
    pipeline(response, meter, () => {});
    const chunks: Buffer[] = [];
    for await (const chunk of meter) chunks.push(chunk as Buffer);
    try {
      return JSON.parse(Buffer.concat(chunks).toString("utf8"));
    } catch {
      throw nonsense();
    }
  }
}

const fileTarget = (query: Record<string, string>): string =>
  `${AGENT_PATHS.files}?${new URLSearchParams(query)}`;

const nonsense = () =>
  new BrowserVmError("GUEST_CALL_FAILED", "the agent said nothing of use about the file");

export function parseAnswer<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const words = sanitizeLine(parsed.error.issues[0]?.message ?? "", 200);
  throw new BrowserVmError("GUEST_CALL_FAILED", `the agent's answer about a file is not as agreed: ${words}`);
}
