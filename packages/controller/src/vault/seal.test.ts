import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { isBrowserVmError } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { close, open, rewrap, type SecretPlace } from "./envelope.ts";
import { seal, unseal } from "./seal.ts";
import { Secret } from "./secret.ts";

const key = (version = 1) => ({ version, bytes: randomBytes(32) });
const PLACE: SecretPlace = { id: "con_a", project: "default", kind: "files", version: 1 };
const PLAIN = "a planted secret";

/** The plain text, or the code of the refusal. */
function attempt(work: () => Buffer | Secret): string {
  try {
    const got = work();
    return got instanceof Secret ? got.use((bytes) => bytes.toString()) : got.toString();
  } catch (error) {
    return isBrowserVmError(error) ? error.code : String(error);
  }
}

describe("an envelope", () => {
  test("opens with its key at its place, and after a rewrap with the next key only", () => {
    const [first, second] = [key(1), key(2)];
    const envelope = close(first, PLACE, Buffer.from(PLAIN));
    expect(attempt(() => open(first, PLACE, envelope))).toBe(PLAIN);
    const next = rewrap(first, second, PLACE, envelope);
    expect(next.secret).toBe(envelope.secret);
    expect(attempt(() => open(second, PLACE, next))).toBe(PLAIN);
    expect(attempt(() => open(first, PLACE, next))).toBe("SECRET_ALTERED");
  });

  test("does not open when any bit of it is flipped", () => {
    const master = key();
    const envelope = close(master, PLACE, Buffer.from(PLAIN));
    let tried = 0;
    for (const part of ["wrapped_key", "secret"] as const)
      for (let bit = 0; bit < envelope[part].length * 8; bit += 1) {
        const bytes = Buffer.from(envelope[part]);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(attempt(() => open(master, PLACE, { ...envelope, [part]: bytes }))).toBe("SECRET_ALTERED");
        tried += 1;
      }
    expect(tried).toBe((1 + 12 + 16 + 32 + 1 + 12 + 16 + PLAIN.length) * 8);
  });

  test("does not open at another place, with parts of another, or cut off", () => {
    const master = key();
    const envelope = close(master, PLACE, Buffer.from(PLAIN));
    const other = { ...PLACE, id: "con_b" };
    const others = close(master, other, Buffer.from(PLAIN));
    const places = [other, { ...PLACE, kind: "oauth" }, { ...PLACE, version: 2 }, { ...PLACE, project: "x" }];
    for (const place of places) expect(attempt(() => open(master, place, envelope))).toBe("SECRET_ALTERED");
    const mixed = [
      { ...envelope, secret: others.secret },
      { ...envelope, wrapped_key: others.wrapped_key },
      { ...envelope, secret: envelope.wrapped_key },
      { ...envelope, secret: envelope.secret.subarray(0, 10) },
      { ...envelope, secret: Buffer.alloc(0) },
    ];
    for (const one of mixed) expect(attempt(() => open(master, PLACE, one))).toBe("SECRET_ALTERED");
    expect(attempt(() => open({ ...master, version: 2 }, PLACE, envelope))).toBe("SECRET_ALTERED");
  });

  test("is never the same twice", () => {
    const master = key();
    const [a, b] = [close(master, PLACE, Buffer.from(PLAIN)), close(master, PLACE, Buffer.from(PLAIN))];
    expect(Buffer.from(a.secret).equals(b.secret)).toBe(false);
    expect(Buffer.from(a.wrapped_key).equals(b.wrapped_key)).toBe(false);
  });
});

test("what is sealed is not in the box", () => {
  const { bytes } = key();
  const box = seal(bytes, Buffer.from(PLAIN), "about");
  expect(box.includes(PLAIN)).toBe(false);
  expect(attempt(() => unseal(bytes, box, "about"))).toBe(PLAIN);
  expect(attempt(() => unseal(bytes, box, "about it"))).toBe("SECRET_ALTERED");
});

describe("a secret", () => {
  test("shows itself to nobody who prints", () => {
    const secret = new Secret(Buffer.from(PLAIN));
    const shown = [
      JSON.stringify({ secret }),
      `${secret}`,
      String(secret),
      [secret].join(),
      inspect(secret, { depth: 9, showHidden: true }),
      inspect({ deep: [secret] }, { depth: 9 }),
      JSON.stringify(structuredClone({ ...secret })),
      Object.values(secret).join(),
    ];
    for (const text of shown) expect(text).not.toContain("planted");
  });

  test("is overwritten when it is disposed", () => {
    const bytes = Buffer.from(PLAIN);
    {
      using secret = new Secret(bytes);
      expect(secret.use((lent) => lent.toString())).toBe(PLAIN);
    }
    expect(bytes.equals(Buffer.alloc(PLAIN.length))).toBe(true);
  });
});
