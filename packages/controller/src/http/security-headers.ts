import type { FastifyInstance } from "fastify";

const COMMON = {
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

/** What answers of the API may do in a browser: nothing. */
export const API_CSP = "default-src 'none'; frame-ancestors 'none'";

/**
 * For pages that bring no policy of their own (ours bring one with a nonce). `connect-src 'self'` covers the
 * WebSockets of the same origin (CSP level 3); noVNC draws cursors as data: addresses.
 */
export const PAGE_CSP = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** Headers of every answer; the page's proxy replaces the policy. */
export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({
      ...COMMON,
      "content-security-policy": API_CSP,
      "cache-control": "no-store",
      "x-request-id": request.id,
    });
  });
}
