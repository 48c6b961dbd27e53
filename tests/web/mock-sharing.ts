import { randomBytes } from "node:crypto";
import {
  BrowserVmError,
  CLOSE_CODES,
  type ControlRequest,
  makeId,
  Viewer,
  ViewerId,
  ViewLink,
  ViewLinkId,
  type ViewTokenRequest,
} from "@browservm/contract";
import type { WebSocket } from "ws";
import type { z } from "zod";
import type { Life, MockApi } from "./mock-api.ts";

/** A person who looks; those that a test invents have no socket. */
interface Seat {
  viewer: Viewer;
  socket?: WebSocket;
}

/** Links, viewers and the control, as the controller tells of them. Input is not filtered: the page sends none. */
export class MockSharing {
  /** The next calls about links, or about the control, fail with it. */
  refuse: BrowserVmError | null = null;
  /** Who comes by a link may be given the control. */
  guestsMayControl = false;
  /** Under which ids displays were opened, in order. */
  readonly comings: string[] = [];
  readonly links: ViewLink[] = [];
  readonly #seats = new Map<string, Seat[]>();
  readonly #api: MockApi;

  constructor(api: MockApi) {
    this.#api = api;
  }

  /** The answer to one of our rows; undefined when it is somebody else's. */
  answer(name: string, params: Record<string, string>, body: unknown, life: () => Life): unknown {
    if (name === "listViewers") return { viewers: this.viewers(life()) };
    if (name === "removeViewer") return this.remove(life(), params.viewer ?? "");
    const isOurs = ["listViewLinks", "createViewToken", "revokeViewLink", "control"].includes(name);
    if (isOurs && this.refuse) throw this.refuse;
    if (name === "listViewLinks") return { links: this.links };
    if (name === "createViewToken") return this.#make(life(), body as z.infer<typeof ViewTokenRequest>);
    if (name === "revokeViewLink") return this.#revoke(life(), params.link ?? "");
    if (name === "control") return this.#control(life(), body as ControlRequest);
    return undefined;
  }

  viewers(life: Life): Viewer[] {
    return this.#of(life).map(({ viewer }) => viewer);
  }

  /** Somebody's display was opened; the same viewer takes its old place. */
  come(life: Life, id: string | null, socket: WebSocket): void {
    const viewerId = id ?? makeId("vwr", randomBytes(20));
    this.comings.push(viewerId);
    socket.on("close", () => this.#gone(life, viewerId, socket));
    const before = this.#of(life).find(({ viewer }) => viewer.id === viewerId);
    if (before) {
      before.socket?.close(CLOSE_CODES.replaced);
      before.socket = socket;
      return;
    }
    const isGuest = this.#api.role === "link";
    const canControl = !isGuest || this.guestsMayControl;
    const hasControl = canControl && this.#holder(life) === undefined;
    const name = isGuest ? "Guest" : "operator";
    this.join(
      life,
      { id: ViewerId.parse(viewerId), name, via: isGuest ? "link" : "operator", canControl, hasControl },
      socket,
    );
  }

  /** One more person. */
  join(life: Life, part: Partial<Viewer> & { name: string }, socket?: WebSocket): Viewer {
    const viewer = Viewer.parse({
      id: makeId("vwr", randomBytes(20)),
      via: "link",
      linkId: null,
      canControl: true,
      hasControl: false,
      asksSince: null,
      since: new Date(Date.now() - 130_000).toISOString(),
      ...part,
    });
    this.#of(life).push({ viewer, ...(socket ? { socket } : {}) });
    this.#tell(life);
    return viewer;
  }

  ask(life: Life, id: string): void {
    this.#change(life, id, { asksSince: new Date().toISOString() });
  }

  /** Gives the control to one of the viewers, whoever has it. */
  give(life: Life, id: string): void {
    for (const { viewer } of this.#of(life)) viewer.hasControl = false;
    this.#change(life, id, { hasControl: true, asksSince: null });
  }

  refuseAsker(life: Life, id: string): void {
    this.#change(life, id, { asksSince: null });
  }

  remove(life: Life, id: string): object {
    const seat = this.#seat(life, id);
    this.#leave(life, seat);
    seat.socket?.close(CLOSE_CODES.removed);
    return {};
  }

  link(part: Partial<ViewLink> = {}): ViewLink {
    const link = ViewLink.parse({
      id: makeId("lnk", randomBytes(20)),
      role: "view",
      oneTime: false,
      name: null,
      createdAt: new Date().toISOString(),
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      spentAt: null,
      revokedAt: null,
      ...part,
    });
    this.links.unshift(link);
    return link;
  }

  #make({ session }: Life, { role, ttlSeconds, oneTime, name }: z.infer<typeof ViewTokenRequest>): object {
    const expiresAt = new Date(Date.now() + ttlSeconds * 1000).toISOString();
    const { id } = this.link({ role, oneTime, name: name ?? null, expiresAt });
    const token = `secret-${this.links.length}`;
    const url = `http://127.0.0.1:4000/login#token=${token}&next=/sessions/${session.id}`;
    return { id, token, url, role, expiresAt };
  }

  #revoke(life: Life, id: string): object {
    const link = this.links.find((one) => one.id === ViewLinkId.parse(id));
    if (!link) throw new BrowserVmError("VIEW_LINK_NOT_FOUND", `there is no link ${id}`);
    link.revokedAt = new Date().toISOString();
    for (const { viewer } of this.#of(life).filter((seat) => seat.viewer.linkId === id))
      this.remove(life, viewer.id);
    return {};
  }

  #control(life: Life, request: ControlRequest): object {
    if (request.action === "ask" && this.#holder(life)) this.ask(life, request.viewer);
    else if (request.action === "ask" || request.action === "take") this.give(life, request.viewer);
    else if (request.action === "give") this.give(life, request.to);
    else if (request.action === "refuse") this.refuseAsker(life, request.viewer);
    else this.#change(life, request.viewer, { hasControl: false, asksSince: null });
    return { viewers: this.viewers(life) };
  }

  #gone(life: Life, id: string, socket: WebSocket): void {
    const seat = this.#of(life).find((one) => one.viewer.id === id && one.socket === socket);
    if (seat) this.#leave(life, seat);
  }

  #leave(life: Life, seat: Seat): void {
    this.#seats.set(
      life.session.id,
      this.#of(life).filter((one) => one !== seat),
    );
    this.#tell(life);
  }

  #change(life: Life, id: string, part: Partial<Viewer>): void {
    Object.assign(this.#seat(life, id).viewer, part);
    this.#tell(life);
  }

  #seat(life: Life, id: string): Seat {
    const seat = this.#of(life).find(({ viewer }) => viewer.id === id);
    if (!seat) throw new BrowserVmError("VIEWER_NOT_FOUND", `there is no viewer ${id}`);
    return seat;
  }

  #holder(life: Life): Seat | undefined {
    return this.#of(life).find(({ viewer }) => viewer.hasControl);
  }

  #of({ session }: Life): Seat[] {
    const seats = this.#seats.get(session.id) ?? [];
    this.#seats.set(session.id, seats);
    return seats;
  }

  #tell(life: Life): void {
    this.#api.tell(life.session.id, "session.viewers", { viewers: structuredClone(this.viewers(life)) });
  }
}
