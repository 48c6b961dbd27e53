import type { Picture, Screen, Size } from "../engine.ts";
import { monotonicUs } from "../monotonic.ts";
import { SharedMemory } from "../native/libc.ts";
import { XConnection, XRequestError } from "./connection.ts";
import { CONFIGURE_NOTIFY, damage, getGeometry, queryExtension, shm, watchStructure } from "./wire.ts";

const BYTES_PER_PIXEL = 4;
const BAD_MATCH = 8; // X11/X.h: the area is not all on the screen
const MAX_RESIZES = 5;

interface Extension {
  readonly major: number;
  readonly firstEvent: number;
}

/** Where a picture is put: memory that the server shares, under a number of the connection. */
interface Segment {
  readonly memory: SharedMemory;
  readonly id: number;
}

/** The whole screen of an X display, read through shared memory when its server says that something was drawn. */
export class XScreen implements Screen {
  readonly closed: Promise<void>;
  readonly #x: XConnection;
  readonly #damage: Extension;
  readonly #shm: Extension;
  readonly #damageId: number;
  #size: Size;
  /** The one that is written next comes first. Both hold pictures of one size. */
  #segments: [Segment, Segment] | undefined;
  #hasPrevious = false;
  #onDamage: () => void = () => {};

  private constructor(x: XConnection, extensions: { damage: Extension; shm: Extension }) {
    this.#x = x;
    this.#damage = extensions.damage;
    this.#shm = extensions.shm;
    this.#size = { width: x.setup.width, height: x.setup.height };
    this.#damageId = x.newId();
    this.closed = x.closed;
  }

  static async open(path: string): Promise<XScreen> {
    const x = await XConnection.open(path);
    try {
      const { depth, bitsPerPixel, isLittleEndian } = x.setup;
      if (bitsPerPixel !== 8 * BYTES_PER_PIXEL || depth < 24 || !isLittleEndian)
        throw new Error(`a display of ${bitsPerPixel} bits per pixel cannot be read`);
      const screen = new XScreen(x, {
        damage: await findExtension(x, "DAMAGE"),
        shm: await findExtension(x, "MIT-SHM"),
      });
      await screen.#begin();
      return screen;
    } catch (error) {
      x.close();
      throw error;
    }
  }

  onDamage(listener: () => void): void {
    this.#onDamage = listener;
  }

  tellNext(): void {
    this.#x.send(damage.subtractAll(this.#damage.major, this.#damageId));
  }

  async grab(): Promise<Picture> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#grabOnce();
      } catch (error) {
        const hasShrunk = error instanceof XRequestError && error.code === BAD_MATCH;
        if (!hasShrunk || tries === MAX_RESIZES) throw error;
        const geometry = await this.#x.ask(getGeometry(this.#x.setup.root));
        this.#size = { width: geometry.readUInt16LE(16), height: geometry.readUInt16LE(18) };
      }
    }
  }

  close(): void {
    this.#x.close();
    this.#release();
  }

  async #begin(): Promise<void> {
    const { root } = this.#x.setup;
    this.#x.onEvent((code, event) => {
      if (code === CONFIGURE_NOTIFY && event.readUInt32LE(8) === root)
        this.#size = { width: event.readUInt16LE(20), height: event.readUInt16LE(22) };
      if (code === CONFIGURE_NOTIFY || code === this.#damage.firstEvent) this.#onDamage();
    });
    await this.#x.ask(damage.queryVersion(this.#damage.major));
    this.#x.send(damage.create(this.#damage.major, this.#damageId, root));
    this.#x.send(watchStructure(root));
  }

  async #grabOnce(): Promise<Picture> {
    const { width, height } = this.#size;
    const bytes = width * height * BYTES_PER_PIXEL;
    const [next, previous] = await this.#segmentsOf(bytes);
    // In this order: what is drawn after the first is told, whether or not it is in the picture.
    this.tellNext();
    const image = { drawable: this.#x.setup.root, width, height, segment: next.id };
    await this.#x.ask(shm.getImage(this.#shm.major, image));
    const capturedUs = monotonicUs();
    const isNew = !(this.#hasPrevious && next.memory.isSameAs(previous.memory, bytes));
    this.#segments = [previous, next];
    this.#hasPrevious = true;
    return { width, height, isNew, capturedUs, pixels: { address: next.memory.address, bytes } };
  }

  /** Here only, not when the size changes: whoever asks for the next picture is done with those before. */
  async #segmentsOf(bytes: number): Promise<[Segment, Segment]> {
    if (this.#segments?.[0].memory.bytes !== bytes) {
      this.#release();
      this.#segments = await this.#makeSegments(bytes);
    }
    return this.#segments;
  }

  async #makeSegments(bytes: number): Promise<[Segment, Segment]> {
    const first = await this.#makeSegment(bytes);
    try {
      return [first, await this.#makeSegment(bytes)];
    } catch (error) {
      first.memory[Symbol.dispose]();
      throw error;
    }
  }

  async #makeSegment(bytes: number): Promise<Segment> {
    const memory = SharedMemory.make(bytes);
    const id = this.#x.newId();
    this.#x.send(shm.attach(this.#shm.major, id, memory.id));
    try {
      await this.#x.ask(getGeometry(this.#x.setup.root)); // answered after it was attached
    } catch (error) {
      memory[Symbol.dispose]();
      throw error;
    }
    memory.forget();
    return { memory, id };
  }

  #release(): void {
    for (const { memory, id } of this.#segments ?? []) {
      this.#x.send(shm.detach(this.#shm.major, id));
      memory[Symbol.dispose]();
    }
    this.#segments = undefined;
    this.#hasPrevious = false;
  }
}

async function findExtension(x: XConnection, name: string): Promise<Extension> {
  const reply = await x.ask(queryExtension(name));
  if (reply.readUInt8(8) === 0) throw new Error(`the X server has no ${name}`);
  return { major: reply.readUInt8(9), firstEvent: reply.readUInt8(10) };
}
