import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream";
import { BrowserVmError, hostRoutes, STREAM_UPGRADE, toBrowserVmError } from "@browservm/contract";
import type { FastifyInstance } from "fastify";
import type { VmService } from "../vm/vm-service.ts";

const ROUTE = new RegExp(
  `^${hostRoutes.openStream.path.replace(":id", "([^/?]+)").replace(":service", "([^/?]+)")}$`,
);

/** `GET /v1/vms/:id/streams/:service` with `Upgrade: browservm-stream`: from then on raw bytes, both ways. */
export function serveStreams(app: FastifyInstance, vms: VmService): void {
  const open = new Set<Duplex>();
  // A connection that was upgraded is no longer the server's to close, and it waits for it.
  app.addHook("preClose", async () => {
    for (const socket of open) socket.destroy();
  });
  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    void openAndJoin(vms, { request, socket, head }).catch((error) =>
      refuse(socket, toBrowserVmError(error)),
    );
  });
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

async function openAndJoin(vms: VmService, { request, socket, head }: Upgrade): Promise<void> {
  const { id, service } = parseTarget(request);
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  socket.on("error", () => gone.abort());
  vms.ready(id); // refused at once
  await vms.settled(id);
  const guest = await vms.ready(id).openStream(service, gone.signal);
  if (gone.signal.aborted) {
    guest.destroy();
    return;
  }
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${STREAM_UPGRADE}\r\n\r\n`,
  );
  if (head.length > 0) guest.write(head);
  // pipeline carries back-pressure, and ends both sides when either ends; how they end is no news.
  pipeline(socket, guest, () => {});
  pipeline(guest, socket, () => {});
}

function parseTarget(request: IncomingMessage) {
  if (request.headers.upgrade?.toLowerCase() !== STREAM_UPGRADE) {
    throw new BrowserVmError("BAD_REQUEST", `upgrade to "${STREAM_UPGRADE}" is what is served here`);
  }
  const [, id, service] = ROUTE.exec(request.url ?? "") ?? [];
  const parsed = hostRoutes.openStream.params.safeParse({ id, service });
  if (!parsed.success) throw new BrowserVmError("BAD_REQUEST", "the path names no VM and service");
  return parsed.data;
}

function refuse(socket: Duplex, error: BrowserVmError): void {
  if (socket.destroyed) return;
  const body = JSON.stringify(error.toProblem());
  socket.end(
    `HTTP/1.1 ${error.status} Refused\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
