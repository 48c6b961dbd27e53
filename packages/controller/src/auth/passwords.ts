import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { BrowserVmError } from "@browservm/contract";

/**
 * OWASP's second choice of scrypt's parameters: as hard to guess as N=2^17, p=1, but 32 MiB instead of 128 MiB for each
 * try at a time, for sign-ins run beside VMs. They are stored with each hash, so they can be raised.
 */
export const PASSWORD_COST = 2 ** 15;
const BLOCK_SIZE = 8;
const PARALLEL = 3;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;

/** scrypt runs on the threads that file reading needs as well: two of four stay free. */
const AT_ONCE = 2;
const MAX_WAITING = 16;

/** Nobody's password: of the same form, so that trying it takes as long as trying a real one. */
const nobodys = (cost: number) =>
  `scrypt$${cost}$${BLOCK_SIZE}$${PARALLEL}$${"A".repeat(22)}$${"A".repeat(43)}`;

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** Hashes passwords with scrypt, a few at a time. */
export class Passwords {
  readonly #cost: number;
  #running = 0;
  readonly #waiting: Array<() => void> = [];

  /** scrypt's N; less only where nobody guesses, in tests. */
  constructor(cost = PASSWORD_COST) {
    this.#cost = cost;
  }

  /** `scrypt$N$r$p$salt$hash`. RATE_LIMITED when too many wait. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const options = { N: this.#cost, r: BLOCK_SIZE, p: PARALLEL, maxmem: MAX_MEMORY_BYTES };
    const key = await this.#turn(() => derive(normal(password), salt, KEY_BYTES, options));
    return ["scrypt", this.#cost, BLOCK_SIZE, PARALLEL, encode(salt), encode(key)].join("$");
  }

  /** Does the same work without a hash, and is then never right. */
  async verify(password: string, stored: string | null): Promise<boolean> {
    const [, N, r, p, salt = "", key = ""] = (stored ?? nobodys(this.#cost)).split("$");
    const options = { N: Number(N), r: Number(r), p: Number(p), maxmem: MAX_MEMORY_BYTES };
    const wanted = Buffer.from(key, "base64url");
    const found = await this.#turn(() =>
      derive(normal(password), Buffer.from(salt, "base64url"), wanted.length, options),
    );
    return timingSafeEqual(found, wanted) && stored !== null;
  }

  async #turn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MAX_WAITING) throw tooMany();
      // Who goes hands its place over, so `#running` stays as it is.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}

/** The same characters typed on different keyboards are the same password. */
const normal = (password: string) => password.normalize("NFKC");

const encode = (bytes: Buffer) => bytes.toString("base64url");

const tooMany = () =>
  new BrowserVmError("RATE_LIMITED", "too many sign-ins at one time", { retryAfterSeconds: 2 });
