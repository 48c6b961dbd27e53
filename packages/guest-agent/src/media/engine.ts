import type { VideoCodec } from "@browservm/contract/media/wire";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Memory of this process with the picture's pixels: 32 bits each, BGRx, row after row. */
export interface Pixels {
  readonly address: number | bigint;
  readonly bytes: number;
}

/** A screen that was read. It stays as it is until the next but one is read. */
export interface Picture extends Size {
  /** Whether it differs from the picture before. */
  readonly isNew: boolean;
  /** When it was read, in microseconds of the monotonic clock. */
  readonly capturedUs: number;
  readonly pixels: Pixels;
}

/** A display whose screen can be read. */
export interface Screen {
  /** Called once when something may have changed since the last `grab` or `tellNext`. */
  onDamage(listener: () => void): void;
  /** Lets the next change be told although the last one was not read. */
  tellNext(): void;
  /** Settles when the display is gone. */
  readonly closed: Promise<void>;
  grab(): Promise<Picture>;
  close(): void;
}

export interface EncodedPicture {
  readonly isKey: boolean;
  readonly data: Uint8Array;
}

/** Turns pictures of one size into one codec's frames, one at a time. */
export interface VideoEncoder {
  encode(picture: Picture, options: { readonly isKeyWanted: boolean }): Promise<EncodedPicture>;
  setKbps(kbps: number): void;
  close(): Promise<void>;
}

export interface EncoderRequest extends Size {
  readonly codec: VideoCodec;
  readonly kbps: number;
  readonly fps: number;
}

export interface SoundPacket {
  readonly capturedUs: number;
  readonly isSilent: boolean;
  readonly data: Uint8Array;
}

/** Sound that is being captured, until it is closed. */
export interface Sound {
  /** Settles when it has ended: with the reason when it did so by itself. */
  readonly ended: Promise<string | undefined>;
  close(): Promise<void>;
}

/** What captures and encodes on this machine. */
export interface MediaEngine {
  /** The best first. */
  readonly codecs: readonly VideoCodec[];
  readonly hasAudio: boolean;
  openScreen(): Promise<Screen>;
  makeEncoder(request: EncoderRequest): VideoEncoder;
  startSound(onPacket: (packet: SoundPacket) => void): Sound;
  /** Microseconds of the monotonic clock. */
  nowUs(): number;
}
