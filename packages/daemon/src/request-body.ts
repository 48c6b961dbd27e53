import type { IncomingMessage } from "node:http";
import { PassThrough, Readable } from "node:stream";
import { BrowserVmError } from "@browservm/contract";

export interface RequestBody extends Disposable {
  /** Fails when the sender broke off. May be cancelled: the request stays, so that it can be answered. */
  readonly bytes: ReadableStream<Uint8Array>;
}

/** When the whole of a body must be there, and how it fails that is not. */
export interface BodyDeadline {
  /** From now, in milliseconds. */
  readonly ms: number;
  readonly error: () => Error;
}

/** The bytes of a request as they come, with back-pressure. Dispose when nobody reads them any more. */
export function requestBody(request: IncomingMessage, deadline?: BodyDeadline): RequestBody {
  const through = new PassThrough();
  const breakOff = () => through.destroy(new BrowserVmError("CANCELLED", "the sender broke off"));
  // Destroyed while it is read, it says so to its reader; nobody else need hear it.
  through.on("error", () => {});
  request.once("close", breakOff).once("error", breakOff);
  const timer = deadline && setTimeout(() => through.destroy(deadline.error()), deadline.ms);
  request.once("end", () => {
    request.off("close", breakOff);
    clearTimeout(timer);
  });
  request.pipe(through);
  return {
    // The same class by specification; only the declarations differ.
    bytes: Readable.toWeb(through) as unknown as ReadableStream<Uint8Array>,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      request.off("close", breakOff).unpipe(through).resume();
      through.destroy();
    },
  };
}
