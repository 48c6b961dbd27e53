import type { WebSocket } from "ws";
import { InputGate } from "../../packages/controller/src/live-view/input-gate.ts";
import type { FakeDisplay } from "./fake-display.ts";

/** Bytes of a stream, taken in the sizes that the protocol asks for. */
class ByteQueue {
  #bytes = Buffer.alloc(0);
  #wake: () => void = () => {};
  #isEnded = false;

  push(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async take(size: number): Promise<Buffer> {
    while (this.#bytes.length < size) {
      if (this.#isEnded) throw new Error("the viewer hung up");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(size);
    return taken;
  }
}

const PIXEL_FORMAT = Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]);

/** What a viewer wants to see. */
interface Area {
  readonly isIncremental: boolean;
  readonly width: number;
  readonly height: number;
}

/** An update of the display's first pixel alone. */
function onePixel(display: FakeDisplay): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt16BE(1, 2);
  header.writeUInt16BE(1, 8);
  header.writeUInt16BE(1, 10);
  return Buffer.concat([header, display.paint().subarray(0, 4)]);
}

export interface RfbServer {
  /** Says to the viewer that text was copied in the VM. */
  copy(text: string): void;
  /** Takes input of a viewer that came by another way. */
  take(bytes: Buffer): void;
}

/** Encodings (RFC 6143 §7.7.1, §7.8.2). */
const RAW = 0;
const DESKTOP_SIZE = -223;

function rectangle({ width, height }: { width: number; height: number }, encoding: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(width, 4);
  bytes.writeUInt16BE(height, 6);
  bytes.writeInt32BE(encoding, 8);
  return bytes;
}

/** A small RFB 3.8 server (RFC 6143): no password, raw pixels, and a size that may change. Ends with its socket. */
export function serveRfb(socket: WebSocket, display: FakeDisplay): RfbServer {
  const queue = new ByteQueue();
  // as the controller does it, for a viewer that has the control
  const gate = new InputGate({ hasControl: () => true, onInput: () => {} });
  socket.on("message", (data: Buffer) => queue.push(gate.push(data)));
  socket.on("close", () => queue.end());
  let wanted: Area | null = null;
  const shown = { width: display.width, height: display.height };
  const update = () => {
    if (!wanted || socket.readyState !== socket.OPEN) return;
    const isOnePixel = wanted.width === 1 && wanted.height === 1;
    wanted = null;
    if (isOnePixel) return void socket.send(onePixel(display));
    display.pictures += 1;
    const isOther = shown.width !== display.width || shown.height !== display.height;
    Object.assign(shown, { width: display.width, height: display.height });
    const rectangles = [...(isOther ? [rectangle(shown, DESKTOP_SIZE)] : []), rectangle(shown, RAW)];
    const header = Buffer.alloc(4);
    header.writeUInt16BE(rectangles.length, 2);
    socket.send(Buffer.concat([header, ...rectangles, display.paint()]));
  };
  const stopWatching = display.watch(update);
  socket.on("close", stopWatching);
  const request = (area: Area) => {
    wanted = area;
    if (!area.isIncremental) update();
  };
  talk(queue, socket, display, request).catch(() => socket.close());
  return {
    take: (bytes) => queue.push(gate.copy(bytes)),
    copy: (text) => {
      const header = Buffer.alloc(8);
      header[0] = 3;
      header.writeUInt32BE(text.length, 4);
      socket.send(Buffer.concat([header, Buffer.from(text, "latin1")]));
    },
  };
}

async function talk(
  queue: ByteQueue,
  socket: WebSocket,
  display: FakeDisplay,
  request: (area: Area) => void,
): Promise<void> {
  socket.send(Buffer.from("RFB 003.008\n"));
  await queue.take(12);
  socket.send(Buffer.from([1, 1]));
  await queue.take(1);
  socket.send(Buffer.alloc(4));
  await queue.take(1);
  const name = Buffer.from("fake display");
  const init = Buffer.alloc(8);
  init.writeUInt16BE(display.width, 0);
  init.writeUInt16BE(display.height, 2);
  init.writeUInt32BE(name.length, 4);
  socket.send(Buffer.concat([init.subarray(0, 4), PIXEL_FORMAT, init.subarray(4), name]));
  for (;;) await hear(queue, display, request);
}

async function hear(queue: ByteQueue, display: FakeDisplay, request: (area: Area) => void): Promise<void> {
  const [type] = await queue.take(1);
  if (type === 0) return void (await queue.take(19));
  if (type === 2) return void (await queue.take(((await queue.take(3)).readUInt16BE(1) ?? 0) * 4));
  if (type === 3) {
    const body = await queue.take(9);
    return request({
      isIncremental: body[0] === 1,
      width: body.readUInt16BE(5),
      height: body.readUInt16BE(7),
    });
  }
  if (type === 4) {
    const body = await queue.take(7);
    return display.key(body.readUInt32BE(3), body[0] === 1);
  }
  if (type === 5) {
    const body = await queue.take(5);
    return display.pointer(body[0] ?? 0, body.readUInt16BE(1), body.readUInt16BE(3));
  }
  if (type === 6) {
    const length = (await queue.take(7)).readUInt32BE(3);
    display.clipboard = (await queue.take(length)).toString("latin1");
    return;
  }
  throw new Error(`the viewer sent message ${type}, which nobody offered`);
}
