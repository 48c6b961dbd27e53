import type { FastifyInstance, FastifyRequest } from "fastify";

/** Time for the headers of a request, in milliseconds. */
export const HEADERS_TIMEOUT_MS = 30_000;
/** Time for the whole body of a request that carries a document. */
const BODY_MS = 30_000;
/** Longest pause in a body of bytes, which itself may take hours. */
const PAUSE_MS = 120_000;
/** Time for the whole of an image for a clipboard, which nobody else can give one meanwhile: 8 MiB at 0.75 Mbit/s. */
export const IMAGE_MS = 90_000;

export interface SlowSenders {
  readonly bodyMs?: number;
  readonly pauseMs?: number;
  readonly imageMs?: number;
}

/** Who begins a request and does not end it is cut off: a body has a time to be there, or to go on if it is a file's. */
export function cutOffSlowSenders(
  app: FastifyInstance,
  { bodyMs = BODY_MS, pauseMs = PAUSE_MS }: SlowSenders = {},
): void {
  app.addHook("onRequest", async (request, reply) => {
    if (!hasBody(request)) return;
    const { raw } = request;
    const isFile = request.headers["content-type"] === "application/octet-stream";
    let seen = -1;
    const look = () => {
      const { bytesRead } = raw.socket;
      // What comes after the answer is read by nobody, whoever sends it.
      if (!isFile || bytesRead === seen || reply.raw.writableFinished) raw.destroy();
      seen = bytesRead;
    };
    const timer = setInterval(look, isFile ? pauseMs : bodyMs).unref();
    for (const end of ["end", "close"]) raw.once(end, () => clearInterval(timer));
  });
}

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
