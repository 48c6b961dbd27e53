import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** What each kind of secret begins with, so that a person and a log scanner know it when they see it. */
export const SECRET_PREFIX = {
  apiKey: "bvm_",
  viewToken: "bvv_",
  loginToken: "bvl_",
  invitation: "bvi_",
} as const;

const SECRET_BYTES = 32;

/** A fresh secret of 256 random bits. */
export function newSecret(prefix = ""): string {
  return prefix + randomBytes(SECRET_BYTES).toString("base64url");
}

/** How a secret is stored. It is random and long, so a fast hash is enough, and finding it by its hash tells nothing. */
export function sha256(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Compares in constant time, whatever the lengths. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(a)), Buffer.from(sha256(b)));
}

/** The CSRF token that belongs to a cookie: whoever can read it is our own page. */
export function csrfTokenOf(cookie: string): string {
  return createHash("sha256").update(`csrf:${cookie}`).digest("base64url");
}
