import { type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";
import { BrowserVmError, fromProblem, hostRoutes, STREAM_UPGRADE, type VmId } from "@browservm/contract";

const OPEN_MS = 20_000;
const MAX_PROBLEM_BYTES = 65_536;

export interface MediaStreamSpec {
  readonly hostSocket: string;
  readonly vm: VmId;
  /** Multiplies the deadline. */
  readonly timeoutScale: number;
  readonly signal: AbortSignal;
}

/** Raw bytes to the guest's media service, by way of hostd. The caller destroys the stream. HOST_UNREACHABLE, and what hostd says. */
export function openMediaStream({ hostSocket, vm, timeoutScale, signal }: MediaStreamSpec): Promise<Duplex> {
  const path = hostRoutes.openStream.path.replace(":id", vm).replace(":service", "media");
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const opening = request({
    socketPath: hostSocket,
    path,
    agent: false,
    headers: { connection: "Upgrade", upgrade: STREAM_UPGRADE },
    signal: AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS * timeoutScale)]),
  });
  opening.once("upgrade", (_, socket, head) => {
    // It may fail before somebody listens, who then sees it closed.
    socket.on("error", () => {});
    if (head.length > 0) socket.unshift(head);
    resolve(socket);
  });
  opening.once("response", (response) => {
    readProblem(response).then(reject, reject);
  });
  opening.once("error", (cause) =>
    reject(new BrowserVmError("HOST_UNREACHABLE", "hostd did not open the media stream", {}, { cause })),
  );
  opening.end();
  return promise;
}

async function readProblem(response: IncomingMessage): Promise<BrowserVmError> {
  let text = "";
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > MAX_PROBLEM_BYTES) break;
  }
  try {
    return fromProblem(JSON.parse(text));
  } catch (cause) {
    return new BrowserVmError("PROTOCOL_ERROR", "hostd refused a stream without saying why", {}, { cause });
  }
}
