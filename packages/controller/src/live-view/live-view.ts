import {
  apiRoutes,
  BrowserVmError,
  CLOSE_CODES,
  type ClipboardPolicy,
  clipboardOf,
  type Event,
  type SessionId,
  type StreamService,
  type ViewerId,
} from "@browservm/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Principal } from "../auth/principal.ts";
import type { Parts } from "../http/parts.ts";
import type { RowServer } from "../http/serve.ts";
import type { ClipboardProblem } from "./clipboard-rules.ts";
import { DisplayFilter } from "./display-filter.ts";
import { InputGate } from "./input-gate.ts";
import { LiveBridge } from "./live-bridge.ts";
import { personOf } from "./person-of.ts";
import type { ViewConnection } from "./seat.ts";
import { type BridgeSpec, SocketBridge } from "./socket-bridge.ts";
import type { Upgrades } from "./upgrades.ts";
import { ViewerFilter } from "./viewer-filter.ts";
import type { Arrival } from "./viewers.ts";

interface Opening {
  readonly id: SessionId;
  readonly service: StreamService | "live";
  readonly principal: Principal;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

type GuestOpening = Opening & { readonly service: StreamService };
type Bridge = Pick<SocketBridge, "end" | "ended">;
type Filters = Pick<BridgeSpec, "filter" | "fromGuest">;
type Filter = NonNullable<Filters["filter"]>;

/** WebSockets to guest services. Knows the open ones, to close them when their session or we come to an end. */
export class LiveView implements Disposable {
  readonly #parts: Parts;
  readonly #upgrades: Upgrades;
  readonly #open = new Map<Bridge, SessionId>();
  readonly #unsubscribe: () => void;

  constructor(parts: Parts, upgrades: Upgrades) {
    this.#parts = parts;
    this.#upgrades = upgrades;
    this.#unsubscribe = parts.events.subscribe((event) => this.#hear(event));
  }

  serve(rows: RowServer): void {
    rows.serve(apiRoutes.sessionVnc, async ({ params, query, principal, request, reply }) => {
      const opening = { id: params.id, service: "vnc" as const, principal: known(principal), request, reply };
      this.#upgrades.expect(request);
      const person = personOf(opening.principal, query.viewer);
      using arrival = this.#parts.viewers.expect(params.id, person);
      await this.#look(opening, arrival);
      return reply;
    });
    rows.serve(apiRoutes.sessionLive, async ({ params, query, principal, request, reply }) => {
      const opening = {
        id: params.id,
        service: "live" as const,
        principal: known(principal),
        request,
        reply,
      };
      this.#upgrades.expect(request);
      const person = personOf(opening.principal, query.viewer);
      using arrival = this.#parts.viewers.expect(params.id, person);
      await this.#watch(opening, person.id, arrival);
      return reply;
    });
    rows.serve(apiRoutes.sessionStream, async ({ params, principal, request, reply }) => {
      const opening = { ...params, principal: known(principal), request, reply };
      this.#upgrades.expect(request);
      if (params.service === "vnc") await this.#mustBeOpen(params.id);
      await this.#join(opening, { filter: this.#touching(params.id) });
      return reply;
    });
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    for (const bridge of this.#open.keys()) bridge.end(CLOSE_CODES.goingAway, "");
  }

  /** A view of the display: it has a place among the viewers, and its input goes through the gate. */
  async #look(opening: GuestOpening, arrival: Arrival): Promise<void> {
    const clipboard = await this.#clipboardOf(opening.id);
    const gate = opening.principal.canControl ? this.#gate(opening.id, arrival, clipboard) : undefined;
    const bridge = await this.#join(opening, {
      filter: gate ? (chunk) => gate.push(chunk) : onlyLooking(clipboard),
      ...(clipboard.fromGuest ? {} : { fromGuest: withoutTexts() }),
    });
    const leave = arrival.sit("vnc", connectionOf(bridge, gate));
    void bridge.ended.then(leave);
  }

  /**
   * Picture and sound by the gateway: it has a place among the viewers. Input that comes beside them goes through the gate
   * of the same viewer's display, and nowhere without one.
   */
  async #watch(opening: Opening, viewer: ViewerId, arrival: Arrival): Promise<void> {
    const { id, principal, request, reply } = opening;
    const { canControl } = principal;
    const gateway = await this.#parts.desk.withVm(id, (vm) =>
      this.#parts.gateway.openLive({ session: id, vm, viewer, canControl }),
    );
    const ws = await this.#upgrades.accept(request, reply).catch((error: unknown) => {
      gateway.terminate();
      throw error;
    });
    const { hasControl, copy } = arrival;
    const input = { hasControl, take: copy };
    const bridge = new LiveBridge({ ws, gateway, input, isAllowed: this.#isAllowed(principal) });
    this.#keep(opening, bridge);
    const leave = arrival.sit("live", {
      end: (code) => bridge.end(code, ""),
      letGo: () => {},
      refuse: (refusal) => bridge.refuse(refusal),
    });
    void bridge.ended.then(leave);
  }

  /** The guest's side is opened first: what fails there is still an ordinary answer with a problem. */
  async #join(opening: GuestOpening, filters: Filters): Promise<SocketBridge> {
    const { id, service, principal, request, reply } = opening;
    const guest = await this.#parts.desk.openStream(id, service);
    // It may fail before the bridge listens; the bridge then sees it closed.
    guest.on("error", () => {});
    const ws = await this.#upgrades.accept(request, reply).catch((error: unknown) => {
      guest.destroy();
      throw error;
    });
    const bridge = new SocketBridge({ ws, guest, ...filters, isAllowed: this.#isAllowed(principal) });
    // What a shell prints is a sign of life too; of other services only what is asked of them.
    if (service === "ssh") guest.on("data", () => this.#parts.activity.touch(id));
    this.#keep(opening, bridge);
    return bridge;
  }

  #isAllowed(principal: Principal): () => Promise<boolean> {
    return () => this.#parts.authenticator.isStillGood(principal);
  }

  /** Until its end, whoever ends it. */
  #keep({ id, service, principal, request }: Opening, bridge: Bridge): void {
    this.#open.set(bridge, id);
    const held = this.#parts.authenticator.live.hold(principal, () =>
      bridge.end(CLOSE_CODES.credentialsExpired, "UNAUTHENTICATED"),
    );
    const log = this.#parts.log.child({ sessionId: id, service, requestId: request.id });
    log.info({ canControl: principal.canControl }, "a viewer came");
    void bridge.ended.then((end) => {
      this.#open.delete(bridge);
      held[Symbol.dispose]();
      log[end.brokenBy === "guest" ? "warn" : "info"](end, "a viewer left");
    });
  }

  /** Input that passes keeps the session, and the control, from being idle. */
  #gate(id: SessionId, { hasControl, used, refuse }: Arrival, clipboard: ClipboardPolicy): InputGate {
    const onInput = () => {
      used();
      this.#parts.activity.touch(id);
    };
    const onRefused = (...[code, why]: ClipboardProblem) => refuse({ what: "clipboard", code, why });
    return new InputGate({ hasControl, onInput, clipboard, onRefused });
  }

  async #clipboardOf(id: SessionId): Promise<ClipboardPolicy> {
    const { request } = await this.#parts.sessions.get(id);
    return clipboardOf(request.clipboard, this.#parts.config.clipboard);
  }

  /** The bare display would be a way around. CLIPBOARD_CLOSED. */
  async #mustBeOpen(id: SessionId): Promise<void> {
    const { toGuest, fromGuest } = await this.#clipboardOf(id);
    if (!toGuest || !fromGuest)
      throw new BrowserVmError(
        "CLIPBOARD_CLOSED",
        "the bare display carries a clipboard that is closed here",
      );
  }

  /** Passes everything on, and takes note that something is done. */
  #touching(id: SessionId): Filter {
    return (chunk) => {
      this.#parts.activity.touch(id);
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

function known(principal: Principal | undefined): Principal {
  if (!principal) throw new BrowserVmError("UNAUTHENTICATED", "the request carries no valid credentials");
  return principal;
}

function connectionOf(bridge: SocketBridge, gate: InputGate | undefined): ViewConnection {
  return {
    end: (closeCode) => bridge.end(closeCode, ""),
    letGo: () => gate && letGo(bridge, gate),
    // a copy comes by the viewer's own connection too, which waits for the guest
    copy: (bytes) => gate && !bridge.isBehind && bridge.toGuest(gate.copy(bytes)),
  };
}

/** A stream that cannot be written to between two messages is ended; its viewer may come again with a fresh one. */
function letGo(bridge: SocketBridge, gate: InputGate): void {
  try {
    const bytes = gate.letGo();
    if (bytes) bridge.toGuest(bytes);
    else bridge.end(CLOSE_CODES.streamLost, "");
  } catch {
    bridge.end(CLOSE_CODES.protocolError, "BAD_REQUEST");
  }
}

function onlyLooking({ fromGuest }: ClipboardPolicy): Filter {
  const filter = new ViewerFilter(!fromGuest);
  return (chunk) => filter.push(chunk);
}

function withoutTexts(): Filter {
  const filter = new DisplayFilter();
  return (chunk) => filter.push(chunk);
}
