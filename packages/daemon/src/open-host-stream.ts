import { request } from "node:http";
import type { Duplex } from "node:stream";
import {
  BrowserVmError,
  fromProblem,
  hostRoutes,
  STREAM_UPGRADE,
  type StreamService,
  type VmId,
} from "@browservm/contract";

const OPEN_MS = 20_000;
const MAX_PROBLEM_BYTES = 65_536;

export interface HostStreamSpec {
  readonly hostSocket: string;
  readonly vm: VmId;
  readonly service: StreamService;
  /** Multiplies the deadline. */
  readonly timeoutScale: number;
  readonly signal?: AbortSignal;
}

/**
 * Raw bytes to a service of a VM's guest, by way of hostd. The caller listens to its errors, and destroys it.
 * HOST_UNREACHABLE, and what hostd says.
 */
export async function openHostStream(spec: HostStreamSpec): Promise<Duplex> {
  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(), OPEN_MS * spec.timeoutScale);
  try {
    return await upgrade(spec, spec.signal ? AbortSignal.any([slow.signal, spec.signal]) : slow.signal);
  } finally {
    clearTimeout(timer);
  }
}

function upgrade({ hostSocket, vm, service }: HostStreamSpec, signal: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const opening = request({
    socketPath: hostSocket,
    path: hostRoutes.openStream.path.replace(":id", vm).replace(":service", service),
    agent: false,
    headers: { connection: "Upgrade", upgrade: STREAM_UPGRADE },
    signal,
  });
  opening.once("upgrade", (_, socket, head) => {
    if (head.length > 0) socket.unshift(head);
    resolve(socket);
  });
  opening.once("response", (response) => {
    readProblem(response).then(reject, reject);
  });
  opening.once("error", (cause) =>
    reject(new BrowserVmError("HOST_UNREACHABLE", "hostd did not open the stream", { service }, { cause })),
  );
  opening.end();
  return promise;
}

async function readProblem(response: AsyncIterable<Buffer>): Promise<BrowserVmError> {
  let text = "";
  for await (const chunk of response) {
    text += chunk.toString("utf8");
    if (text.length > MAX_PROBLEM_BYTES) break;
  }
  try {
    return fromProblem(JSON.parse(text));
  } catch (cause) {
    return new BrowserVmError("PROTOCOL_ERROR", "hostd refused a stream without saying why", {}, { cause });
  }
}
