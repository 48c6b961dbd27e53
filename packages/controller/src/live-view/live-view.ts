import {
  apiRoutes,
  BrowserVmError,
  CLOSE_CODES,
  type Event,
  type SessionId,
  type StreamService,
} from "@browservm/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Principal } from "../auth/principal.ts";
import type { Parts } from "../http/parts.ts";
import type { RowServer } from "../http/serve.ts";
import { InputWatch } from "./input-watch.ts";
import { SocketBridge } from "./socket-bridge.ts";
import type { Upgrades } from "./upgrades.ts";
import { ViewerFilter } from "./viewer-filter.ts";

interface Opening {
  readonly id: SessionId;
  readonly service: StreamService;
  readonly principal: Principal | undefined;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** WebSockets to guest services. Knows the open ones, to close them when their session or we come to an end. */
export class LiveView implements Disposable {
  readonly #parts: Parts;
  readonly #upgrades: Upgrades;
  readonly #open = new Map<SocketBridge, SessionId>();
  readonly #unsubscribe: () => void;

  constructor(parts: Parts, upgrades: Upgrades) {
    this.#parts = parts;
    this.#upgrades = upgrades;
    this.#unsubscribe = parts.events.subscribe((event) => this.#hear(event));
  }

  serve(rows: RowServer): void {
    rows.serve(apiRoutes.sessionVnc, ({ params, ...call }) =>
      this.#join({ ...call, id: params.id, service: "vnc" }),
    );
    rows.serve(apiRoutes.sessionStream, ({ params, ...call }) => this.#join({ ...call, ...params }));
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    for (const bridge of this.#open.keys()) bridge.end(CLOSE_CODES.goingAway, "");
  }

  /** The guest's side is opened first: what fails there is still an ordinary answer with a problem. */
  async #join({ id, service, principal, request, reply }: Opening): Promise<FastifyReply> {
    this.#upgrades.expect(request);
    if (!principal) throw new BrowserVmError("UNAUTHENTICATED", "the request carries no valid credentials");
    const guest = await this.#parts.desk.openStream(id, service);
    // It may fail before the bridge listens; the bridge then sees it closed.
    guest.on("error", () => {});
    const ws = await this.#upgrades.accept(request, reply).catch((error: unknown) => {
      guest.destroy();
      throw error;
    });
    const bridge = new SocketBridge({
      ws,
      guest,
      filter: principal.canControl ? this.#watching(id, service) : onlyLooking(),
      isAllowed: () => this.#parts.authenticator.isStillGood(principal),
    });
    // What a shell prints is a sign of life too; of other services only what is asked of them.
    if (service === "ssh") guest.on("data", () => this.#parts.activity.touch(id));
    this.#open.set(bridge, id);
    const log = this.#parts.log.child({ sessionId: id, service, requestId: request.id });
    log.info({ canControl: principal.canControl }, "a viewer came");
    void bridge.ended.then((end) => {
      this.#open.delete(bridge);
      log.info(end, "a viewer left");
    });
    return reply;
  }

  /** Passes everything on, and takes note of what keeps the session from being idle. */
  #watching(id: SessionId, service: StreamService): (chunk: Buffer) => Buffer {
    const input = service === "vnc" ? new InputWatch() : undefined;
    return (chunk) => {
      if (!input || input.push(chunk)) this.#parts.activity.touch(id);
      return chunk;
    };
  }

  #hear({ subject, type, data }: Event): void {
    const close = type === "session.state" ? CLOSE_WHEN[String(data.to)] : undefined;
    if (!close) return;
    for (const [bridge, id] of this.#open) if (id === subject) bridge.end(close.code, close.reason);
  }
}

const OVER = { code: CLOSE_CODES.sessionEnded, reason: "SESSION_NOT_READY" };
const CLOSE_WHEN: Readonly<Record<string, { code: number; reason: string } | undefined>> = {
  ending: OVER,
  ended: OVER,
  failed: OVER,
  paused: { code: CLOSE_CODES.sessionPaused, reason: "VM_PAUSED" },
};

function onlyLooking(): (chunk: Buffer) => Buffer {
  const filter = new ViewerFilter();
  return (chunk) => filter.push(chunk);
}
