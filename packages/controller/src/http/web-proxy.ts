import { createHash } from "node:crypto";
import httpProxy from "@fastify/http-proxy";
import type { FastifyInstance } from "fastify";
import { pathOf } from "./problems.ts";
import { PAGE_CSP } from "./security-headers.ts";

/** Headers that say who asks: the page's server has no business with them. */
const CREDENTIALS = ["cookie", "authorization", "x-api-key", "x-csrf-token"];

/** Everything that is not API comes from the page's own server on loopback. Its pages hold no data and need no key. */
export async function serveWeb(app: FastifyInstance, webListen: string): Promise<void> {
  await app.register(httpProxy, {
    upstream: `http://${webListen}`,
    httpMethods: ["GET", "HEAD"],
    undici: { connectTimeout: 2000, headersTimeout: 30_000, bodyTimeout: 30_000 },
    replyOptions: {
      rewriteRequestHeaders: (_, headers) => {
        const kept = Object.entries(headers).filter(([name]) => !CREDENTIALS.includes(name.toLowerCase()));
        return Object.fromEntries(kept);
      },
      rewriteHeaders: (headers) => ({ "content-security-policy": PAGE_CSP, ...headers }),
      onError: (reply, { error }) => {
        reply.request.log.warn(
          { err: error, path: pathOf(reply.request.url) },
          "the page's server does not answer",
        );
        void reply
          .status(503)
          .headers({ "retry-after": "2", "content-security-policy": WAIT_CSP, "cache-control": "no-store" })
          .type("text/html; charset=utf-8")
          .send(WAIT_PAGE);
      },
    },
  });
}

const WAIT_STYLE =
  ":root{color-scheme:light dark;font:16px/1.6 system-ui,sans-serif}" +
  "body{max-width:34rem;margin:18vh auto;padding:0 1.5rem}h1{font-size:1.4rem}code{font-size:.95em}";

const WAIT_CSP = `default-src 'none'; frame-ancestors 'none'; style-src 'sha256-${createHash("sha256").update(WAIT_STYLE).digest("base64")}'`;

const WAIT_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2">
<title>BrowserVM is starting</title>
<style>${WAIT_STYLE}</style>
</head>
<body>
<main>
<h1>The page is not here yet</h1>
<p>BrowserVM itself answers, but the server of its page does not. It is starting, or it has stopped.</p>
<p>This page looks again every two seconds. If nothing changes, see what <code>browservm up</code> says.</p>
</main>
</body>
</html>
`;
