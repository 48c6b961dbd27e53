import koffi from "koffi";
import { gst } from "./gstreamer.ts";
import type { Pointer } from "./libc.ts";

const STATE_NULL = 1; // gst/gstelement.h, GstState
const STATE_PLAYING = 4;
const STATE_CHANGE_FAILURE = 0; // GstStateChangeReturn
const FLOW_OK = 0; // gst/gstpad.h
const MESSAGE_ERROR = 1 << 1; // gst/gstmessage.h
const MEMORY_READONLY = 1 << 1; // gst/gstmemory.h: GST_MINI_OBJECT_FLAG_LOCK_READONLY
const BUFFER_DELTA_UNIT = 1 << 13; // gst/gstbuffer.h: GST_MINI_OBJECT_FLAG_LAST << 9
// struct _GstBuffer (gst/gstbuffer.h) on 64-bit machines: a GstMiniObject of 64 bytes, the pool, then the stamps.
const PTS_OFFSET = 72;
const DURATION_OFFSET = 88;
const CLOCK_TIME_NONE = 0xffff_ffff_ffff_ffffn; // gst/gstclock.h

let isReady: boolean | undefined;

/** Whether this machine has an element of that name, e.g. "vp8enc". */
export function hasElement(name: string): boolean {
  isReady ??= gst.initCheck(null, null, null) as boolean;
  if (!isReady) return false;
  const factory = gst.factoryFind(name);
  if (!factory) return false;
  gst.objectUnref(factory);
  return true;
}

/** What came out of a pipeline at `sink`. */
export interface Packet {
  readonly data: Buffer;
  readonly isDelta: boolean;
  /** On the pipeline's own clock (of the machine, monotonic), in microseconds. */
  readonly clockUs: number;
}

/** A running GStreamer pipeline that ends in an appsink called `sink`, and may begin with an appsrc called `src`. */
export class Pipeline {
  readonly #pipeline: Pointer;
  readonly #sink: Pointer;
  readonly #source: Pointer;
  readonly #bus: Pointer;
  #pulls: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(pipeline: Pointer) {
    this.#pipeline = pipeline;
    this.#sink = gst.binGetByName(pipeline, "sink");
    this.#source = gst.binGetByName(pipeline, "src");
    this.#bus = gst.getBus(pipeline);
  }

  /** Throws with GStreamer's words when a part is missing or refuses. */
  static start(description: string): Pipeline {
    hasElement("appsink"); // GStreamer is initialised by the first question
    const failure = Buffer.alloc(8);
    const pointer: Pointer = gst.parseLaunch(description, failure);
    const fault = takeError(failure);
    if (!pointer || fault) {
      if (pointer) gst.objectUnref(pointer);
      throw new Error(fault ?? "the pipeline cannot be made");
    }
    const pipeline = new Pipeline(pointer);
    if (gst.setState(pointer, STATE_PLAYING) !== STATE_CHANGE_FAILURE) return pipeline;
    const words = pipeline.error() ?? "the pipeline does not start";
    void pipeline.close();
    throw new Error(words);
  }

  /** Sets a property of the element of that name; the text is read as gst-launch reads it. */
  set(element: string, property: string, value: string): void {
    const pointer: Pointer = gst.binGetByName(this.#pipeline, element);
    if (!pointer) throw new Error(`the pipeline has no ${element}`);
    gst.setObjectArg(pointer, property, value);
    gst.objectUnref(pointer);
  }

  /** Hands over memory, without a copy: it must stay as it is until its packet has come out. */
  push(memory: Pointer, bytes: number, { ptsNs, durationNs }: { ptsNs: bigint; durationNs: bigint }): void {
    const buffer: Pointer = gst.wrapMemory(MEMORY_READONLY, memory, bytes, 0, bytes, 0, 0);
    koffi.encode(BigInt(buffer), PTS_OFFSET, "uint64_t", ptsNs);
    koffi.encode(BigInt(buffer), DURATION_OFFSET, "uint64_t", durationNs);
    const flow: number = gst.push(this.#source, buffer);
    if (flow !== FLOW_OK) throw new Error(this.error() ?? `the pipeline takes nothing (flow ${flow})`);
  }

  /** The next packet; undefined when none came in time. One call at a time. */
  async pull(timeoutMs: number): Promise<Packet | undefined> {
    if (this.#closing) return undefined;
    const pulled = this.#pullSample(timeoutMs);
    this.#pulls = pulled.catch(() => {}); // `close` waits for it; who called it is told
    const sample = await pulled;
    if (!sample) return undefined;
    try {
      return this.#closing ? undefined : this.#read(gst.sampleBuffer(sample));
    } finally {
      gst.unref(sample);
    }
  }

  /** The next picture will need none before it. */
  forceKey(): void {
    gst.sendEvent(this.#sink, gst.forceKeyUnit(CLOCK_TIME_NONE, true, 0));
  }

  /** What went wrong since this was asked last. */
  error(): string | undefined {
    const message: Pointer = gst.busPop(this.#bus, MESSAGE_ERROR);
    if (!message) return undefined;
    const failure = Buffer.alloc(8);
    gst.parseError(message, failure, null);
    gst.unref(message);
    return takeError(failure) ?? "an element failed without a word";
  }

  /** Settles when all of it is freed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    gst.setState(this.#pipeline, STATE_NULL); // ends a pull that waits
    await this.#pulls;
    for (const object of [this.#sink, this.#source, this.#bus, this.#pipeline])
      if (object) gst.objectUnref(object);
  }

  #pullSample(timeoutMs: number): Promise<Pointer> {
    return new Promise((resolve, reject) =>
      gst.pull.async(this.#sink, timeoutMs * 1_000_000, (error: Error | null, sample: Pointer) =>
        error ? reject(error) : resolve(sample),
      ),
    );
  }

  #read(buffer: Pointer): Packet {
    const data = Buffer.allocUnsafe(Number(gst.bufferSize(buffer)));
    gst.bufferExtract(buffer, 0, data, data.length);
    const pts = BigInt(koffi.decode(BigInt(buffer), PTS_OFFSET, "uint64_t"));
    const base = BigInt(gst.getBaseTime(this.#pipeline));
    return {
      data,
      isDelta: (gst.bufferFlags(buffer) & BUFFER_DELTA_UNIT) !== 0,
      clockUs: pts === CLOCK_TIME_NONE ? 0 : Number((base + pts) / 1000n),
    };
  }
}

/** Reads and frees a GError (glib/gerror.h: u32 domain, i32 code, char *message). */
function takeError(failure: Buffer): string | undefined {
  const pointer = failure.readBigUInt64LE(0);
  if (pointer === 0n) return undefined;
  const message: string = koffi.decode(pointer, 8, "str");
  gst.errorFree(pointer);
  return message;
}
