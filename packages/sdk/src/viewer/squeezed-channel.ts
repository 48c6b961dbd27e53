import { type InputChannels, InputNumbers } from "./input-numbers.ts";
import { PictureSqueeze } from "./picture-squeeze.ts";

/**
 * A WebSocket to the display for noVNC (which takes any object that looks like one), whose picture can be squeezed away
 * while another way paints it, and whose input can take a second, quicker way.
 */
export class SqueezedChannel {
  readonly #socket: WebSocket;
  readonly #numbers = new InputNumbers((bytes) => this.#say(this.#squeeze.insert(bytes)));
  readonly #squeeze = new PictureSqueeze(this.#numbers);

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("close", () => this.#numbers.close());
  }

  /** The quicker way; null: there is none. */
  set channels(channels: InputChannels | null) {
    this.#numbers.channels = channels;
  }

  squeeze(isOn: boolean): void {
    this.#say(this.#squeeze.squeeze(isOn));
  }

  send(bytes: Uint8Array): void {
    this.#say(this.#squeeze.push(bytes));
  }

  close(): void {
    this.#socket.close();
  }

  get binaryType(): BinaryType {
    return this.#socket.binaryType;
  }

  set binaryType(type: BinaryType) {
    this.#socket.binaryType = type;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get readyState(): WebSocket["readyState"] {
    return this.#socket.readyState;
  }

  get onopen(): WebSocket["onopen"] {
    return this.#socket.onopen;
  }

  set onopen(listener: WebSocket["onopen"]) {
    this.#socket.onopen = listener;
  }

  get onmessage(): WebSocket["onmessage"] {
    return this.#socket.onmessage;
  }

  set onmessage(listener: WebSocket["onmessage"]) {
    this.#socket.onmessage = listener;
  }

  get onerror(): WebSocket["onerror"] {
    return this.#socket.onerror;
  }

  set onerror(listener: WebSocket["onerror"]) {
    this.#socket.onerror = listener;
  }

  get onclose(): WebSocket["onclose"] {
    return this.#socket.onclose;
  }

  set onclose(listener: WebSocket["onclose"]) {
    this.#socket.onclose = listener;
  }

  #say(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length > 0 && this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }
}
