import type {
  EncodedPicture,
  EncoderRequest,
  MediaEngine,
  Picture,
  Screen,
  Size,
  Sound,
  SoundPacket,
  VideoEncoder,
} from "../engine.ts";

/** A display whose pixels are one number, encoders that write down what they are told, and sound on demand. */
export class FakeEngine implements MediaEngine {
  codecs: MediaEngine["codecs"] = ["vp8", "h264"];
  hasAudio = true;
  size: Size = { width: 1280, height: 720 };
  /** False: there is no display. */
  isUp = true;
  /** What the screen shows. */
  content = 0;
  grabs = 0;
  openScreens = 0;
  /** Bytes of an encoded picture. */
  frameBytes = 100;
  /** Says this instead of encoding, once. */
  encodeFault: string | undefined;
  readonly requests: EncoderRequest[] = [];
  readonly kbps: number[] = [];
  openEncoders = 0;
  play: ((packet: SoundPacket) => void) | undefined;
  endSound: ((why: string) => void) | undefined;
  #screens: Array<{ damage(): void; die(): void }> = [];

  nowUs(): number {
    return Date.now() * 1000;
  }

  /** Something else is on the screen now. */
  draw(): void {
    this.content += 1;
    this.damage();
  }

  /** The server says that something was drawn, which may look the same. */
  damage(): void {
    for (const screen of this.#screens) screen.damage();
  }

  crash(): void {
    this.isUp = false;
    for (const screen of this.#screens) screen.die();
  }

  async openScreen(): Promise<Screen> {
    if (!this.isUp) throw new Error("no display");
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    let listener = () => {};
    // As the server does: what is drawn is told once, until somebody has looked, or asks anew.
    let tells = true;
    let shown: string | undefined;
    const damage = () => {
      if (!tells) return;
      tells = false;
      listener();
    };
    this.openScreens += 1;
    this.#screens = [{ damage, die: resolve }];
    return {
      closed,
      onDamage: (next) => {
        listener = next;
      },
      tellNext: () => {
        tells = true;
      },
      grab: async () => {
        tells = true;
        this.grabs += 1;
        const now = `${this.content} ${this.size.width}`;
        const isNew = now !== shown;
        shown = now;
        return { ...this.size, isNew, capturedUs: this.nowUs(), pixels: { address: 0, bytes: 0 } };
      },
      close: () => {
        this.openScreens -= 1;
      },
    };
  }

  makeEncoder(request: EncoderRequest): VideoEncoder {
    this.requests.push(request);
    this.openEncoders += 1;
    let count = 0;
    return {
      encode: async (_picture: Picture, { isKeyWanted }): Promise<EncodedPicture> => {
        const fault = this.encodeFault;
        this.encodeFault = undefined;
        if (fault) throw new Error(fault);
        count += 1;
        return { isKey: isKeyWanted || count === 1, data: new Uint8Array(this.frameBytes) };
      },
      setKbps: (kbps) => this.kbps.push(kbps),
      close: async () => {
        this.openEncoders -= 1;
      },
    };
  }

  startSound(onPacket: (packet: SoundPacket) => void): Sound {
    const { promise: ended, resolve } = Promise.withResolvers<string | undefined>();
    this.play = onPacket;
    this.endSound = resolve;
    return {
      ended,
      close: async () => {
        this.play = undefined;
        resolve(undefined);
      },
    };
  }
}
