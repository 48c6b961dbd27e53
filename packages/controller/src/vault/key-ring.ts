import { BrowserVmError } from "@browservm/contract";
import type { MasterKey } from "./envelope.ts";
import { KEY_BYTES } from "./seal.ts";

/** Base64 of 32 bytes, with the version before it or (version 1) without. */
const LINE = /^(?:([1-9][0-9]{0,8}):)?([A-Za-z0-9+/]{43}=)$/;

/** The versions of the master key that we were given. */
export class KeyRing implements Disposable {
  readonly #keys: ReadonlyMap<number, Buffer>;

  private constructor(keys: ReadonlyMap<number, Buffer>) {
    this.#keys = keys;
  }

  /** Lines (or a list with commas) of `VERSION:BASE64`; `#` begins a remark. VAULT_KEY_UNUSABLE. */
  static parse(text: Buffer): KeyRing {
    const keys = new Map<number, Buffer>();
    for (const line of text
      .toString("latin1")
      .split(/[\n,]/)
      .map((part) => part.trim())) {
      if (line === "" || line.startsWith("#")) continue;
      const [, version = "1", encoded = ""] = LINE.exec(line) ?? [];
      const bytes = Buffer.from(encoded, "base64");
      if (bytes.length !== KEY_BYTES) throw unusable("a line is not VERSION:KEY with 32 bytes in base64");
      if (keys.has(Number(version))) throw unusable(`version ${version} is there twice`);
      keys.set(Number(version), bytes);
    }
    if (keys.size === 0) throw unusable("there is no key in it");
    return new KeyRing(keys);
  }

  get versions(): readonly number[] {
    return [...this.#keys.keys()].sort((a, b) => a - b);
  }

  get latest(): number {
    return Math.max(...this.#keys.keys());
  }

  get(version: number): MasterKey | undefined {
    const bytes = this.#keys.get(version);
    return bytes && { version, bytes };
  }

  /** VAULT_LOCKED. */
  key(version: number): MasterKey {
    const key = this.get(version);
    if (!key) throw new BrowserVmError("VAULT_LOCKED", `version ${version} of the master key is missing`);
    return key;
  }

  [Symbol.dispose](): void {
    for (const bytes of this.#keys.values()) bytes.fill(0);
  }
}

const unusable = (why: string) => new BrowserVmError("VAULT_KEY_UNUSABLE", `the master key: ${why}`);
