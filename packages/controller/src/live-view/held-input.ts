import { CLIENT_MESSAGE, EXTENDED_POINTER } from "@browservm/contract";

/** More than any keyboard has; what is pressed beyond does not pass. */
const MAX_KEYS = 256;

/** Which keys and buttons a viewer holds down, from the messages that passed. */
export class HeldInput {
  /** For each key that is down, the message that lets go of it. */
  readonly #keys = new Map<string, Buffer>();
  #pointer: Buffer | undefined;

  /** Takes note of a message that is to pass; false when it must not. */
  note(message: Buffer): boolean {
    if (message[0] === CLIENT_MESSAGE.keyEvent) return this.#key(`s${message.readUInt32BE(4)}`, message, 1);
    if (message[0] === CLIENT_MESSAGE.qemu && message[1] === 0)
      return this.#key(qemuKey(message), message, 3);
    if (message[0] === CLIENT_MESSAGE.pointerEvent) this.#point(message);
    return true;
  }

  /** The messages that let go of everything that is held; afterwards nothing is. */
  letGo(): Buffer {
    const messages = [...this.#keys.values(), ...(this.#pointer ? [this.#pointer] : [])];
    this.#keys.clear();
    this.#pointer = undefined;
    return Buffer.concat(messages);
  }

  /** `at`: the byte that says whether the key is down. */
  #key(name: string, message: Buffer, at: number): boolean {
    if (message[at] === 0) {
      this.#keys.delete(name);
      return true;
    }
    if (!this.#keys.has(name) && this.#keys.size >= MAX_KEYS) return false;
    const up = Buffer.from(message);
    up.writeUInt8(0, at);
    this.#keys.set(name, up);
    return true;
  }

  #point(message: Buffer): void {
    const isHeld = (message.readUInt8(1) & ~EXTENDED_POINTER) !== 0 || (message[6] ?? 0) !== 0;
    // Without a button the pointer is left where it is: it is somebody else's now.
    this.#pointer = isHeld ? withoutButtons(message) : undefined;
  }
}

/** The key itself where it is told (QEMU Extended Key Event: keysym, then keycode): its keysym may change with Shift. */
function qemuKey(message: Buffer): string {
  const keycode = message.readUInt32BE(8);
  return keycode === 0 ? `s${message.readUInt32BE(4)}` : `c${keycode}`;
}

function withoutButtons(message: Buffer): Buffer {
  const up = Buffer.from(message.subarray(0, 6));
  up.writeUInt8(0, 1);
  return up;
}
