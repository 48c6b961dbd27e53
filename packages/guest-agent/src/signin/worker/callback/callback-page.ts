import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";

const STYLE = `
html { color-scheme: light dark; height: 100%; }
body { align-items: center; background: light-dark(#f5f7fa, #10141f); color: light-dark(#1a2233, #e7ecf5); display: flex;
  font: 17px/1.5 system-ui, sans-serif; justify-content: center; margin: 0; min-height: 100%; }
main { max-width: 26rem; padding: 2rem; text-align: center; }
h1 { font-size: 1.5rem; font-weight: 600; margin: 0 0 .5rem; }
p { margin: 0; opacity: .8; }
`;
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/** What a person sees who comes here; fixed words, nothing of the request. */
const PAGES = {
  received: {
    status: 200,
    title: "Done here",
    words: "We go on by ourselves. You can leave this page.",
  },
  declined: {
    status: 200,
    title: "The sign-in was not completed",
    words: "The provider sent you back without it. You can try again.",
  },
  repeated: { status: 410, title: "This was used already", words: "The sign-in goes on by itself." },
  state: {
    status: 400,
    title: "This belongs to another sign-in",
    words: "It was started elsewhere, or is from before. Nothing was done.",
  },
  malformed: { status: 400, title: "This is not an answer that we know", words: "Nothing was done." },
  foreign: { status: 403, title: "Not here", words: "This address is for one sign-in only." },
  missing: { status: 404, title: "Nothing here", words: "This address is for one sign-in only." },
} as const;
export type CallbackPage = keyof typeof PAGES;

/** Sends one of the pages; it may do nothing, load nothing, and be framed by nobody. */
export function sendPage(response: ServerResponse, page: CallbackPage): void {
  const { status, title, words } = PAGES[page];
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    connection: "close",
  });
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style><main><h1>${title}</h1><p>${words}</p></main></html>`,
  );
}
