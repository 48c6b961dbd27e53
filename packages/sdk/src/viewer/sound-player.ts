import type { AudioFrame } from "@browservm/contract";

/** So much sound waits, that it does not stutter when a packet is late. */
const LEAD_SECONDS = 0.06;
/** More than that is thrown away, so that sound does not fall behind the picture. */
const MAX_AHEAD_SECONDS = 0.3;

/** Plays packets of Opus as they come. To be made when a person has asked for sound: browsers want a click before. */
export class SoundPlayer {
  readonly #context = new AudioContext({ latencyHint: "interactive", sampleRate: 48_000 });
  readonly #decoder: AudioDecoder;
  #next = 0;

  constructor() {
    this.#decoder = new AudioDecoder({
      output: (sound) => this.#play(sound),
      // without sound the picture goes on
      error: () => {},
    });
    this.#decoder.configure({ codec: "opus", sampleRate: 48_000, numberOfChannels: 2 });
    void this.#context.resume();
  }

  push({ capturedUs, data }: AudioFrame): void {
    if (this.#decoder.state !== "configured") return;
    this.#decoder.decode(new EncodedAudioChunk({ type: "key", timestamp: capturedUs, data }));
  }

  close(): void {
    if (this.#decoder.state !== "closed") this.#decoder.close();
    void this.#context.close();
  }

  #play(sound: AudioData): void {
    const { numberOfChannels, numberOfFrames, sampleRate } = sound;
    const buffer = this.#context.createBuffer(numberOfChannels, numberOfFrames, sampleRate);
    for (let channel = 0; channel < numberOfChannels; channel += 1)
      sound.copyTo(buffer.getChannelData(channel), { planeIndex: channel, format: "f32-planar" });
    sound.close();
    const now = this.#context.currentTime;
    // silence is not sent: after a gap the lead is built up anew
    if (this.#next < now) this.#next = now + LEAD_SECONDS;
    if (this.#next > now + MAX_AHEAD_SECONDS) return;
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.#context.destination);
    source.start(this.#next);
    this.#next += buffer.duration;
  }
}
