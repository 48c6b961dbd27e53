import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { BrowserVmError } from "@browservm/contract";

const ALGORITHM = "aes-256-gcm";
const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;
export const KEY_BYTES = 32;

/** Locks bytes with AES-256-GCM: format, nonce, tag, ciphertext. `about` is bound to it and not in it. */
export function seal(key: Buffer, plain: Buffer, about: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const head = Buffer.from([FORMAT]);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(about, "utf8"));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([head, nonce, cipher.getAuthTag(), body]);
}

/** The bytes again. SECRET_ALTERED when anything is not as it was sealed. */
export function unseal(key: Buffer, box: Uint8Array, about: string): Buffer {
  if (box.length < HEAD_BYTES || box[0] !== FORMAT) throw altered();
  const nonce = box.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(about, "utf8"));
  decipher.setAuthTag(box.subarray(1 + NONCE_BYTES, HEAD_BYTES));
  const plain = decipher.update(box.subarray(HEAD_BYTES));
  try {
    decipher.final();
  } catch {
    // OpenSSL says no more than that it failed.
    plain.fill(0);
    throw altered();
  }
  return plain;
}

const altered = () => new BrowserVmError("SECRET_ALTERED", "a sealed secret does not open with its key");
