import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { ByteBudget } from "../guest/byte-budget.ts";
import type { RtcTransportName } from "./rtc-desk.ts";
import { type BindingRequest, bindingSuccess, type Endpoint, isGenuine } from "./stun.ts";

/** One way to a viewer: a source address of UDP, or a TCP connection. */
export interface Flow {
  readonly transport: RtcTransportName;
  readonly from: Endpoint;
  /** Answers whether there was room. */
  send(packet: Buffer): boolean;
  /** It belongs to no peer any more. */
  close(): void;
}

export interface PeerSpec {
  /** What the viewer's checks are signed with. */
  readonly ufrag: string;
  readonly password: string;
  /** Where the library listens, on loopback. */
  readonly localPort: number;
  /** A check was believed. */
  readonly checked: (transport: RtcTransportName) => void;
  /** Another way was chosen. */
  readonly chosen: (transport: RtcTransportName) => void;
  /** A packet found no room on its way. */
  readonly full: () => void;
}

/** Ways of one viewer at most; the oldest that is not in use goes. */
const MAX_FLOWS = 8;
const LOOPBACK = "127.0.0.1";
/** What a viewer may send us: checks, reports and input are far below. What is more is lost, as on a full line. */
const BUDGET = { burst: 512 * 1024, perSecond: 256 * 1024 };
/** What handling one packet costs, however small it is, in bytes of that budget. */
const PACKET_COST_BYTES = 256;

/**
 * One connection behind the port: the library sees one loopback address, whatever ways the viewer comes by. Checks are
 * answered here, as a lite agent does, for only here it is known from where they came.
 */
export class PortPeer implements Disposable {
  readonly #spec: PeerSpec;
  readonly #socket: Socket;
  readonly #flows = new Set<Flow>();
  readonly #budget = new ByteBudget(BUDGET, performance.now());
  #chosen: Flow | undefined;
  #isClosed = false;

  private constructor(spec: PeerSpec, socket: Socket) {
    this.#spec = spec;
    this.#socket = socket;
    socket.on("message", (packet: Buffer) => this.#toViewer(packet));
    socket.on("error", () => {}); // the library's socket is gone: its peer will be too
  }

  static async open(spec: PeerSpec): Promise<PortPeer> {
    const socket = createSocket("udp4");
    socket.bind(0, LOOPBACK);
    await once(socket, "listening");
    return new PortPeer(spec, socket);
  }

  /** A check came by this flow; whoever signed it is the viewer. Answers whether it was. */
  check(request: BindingRequest, flow: Flow): boolean {
    const { password } = this.#spec;
    if (this.#isClosed || !isGenuine(request, password)) return false;
    this.#spec.checked(flow.transport);
    this.#admit(flow);
    if (request.nominates || !this.#chosen) this.#choose(flow);
    flow.send(bindingSuccess(request, flow.from, password));
    this.toLibrary(request.bytes);
    return true;
  }

  toLibrary(packet: Buffer): void {
    if (this.#isClosed || !this.#budget.tryTake(packet.length + PACKET_COST_BYTES, performance.now())) return;
    this.#socket.send(packet, this.#spec.localPort, LOOPBACK);
  }

  /** A flow is over, for instance because its TCP connection is. */
  drop(flow: Flow): void {
    this.#flows.delete(flow);
    if (this.#chosen === flow) this.#chosen = undefined;
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
    for (const flow of this.#flows) flow.close();
    this.#flows.clear();
  }

  #admit(flow: Flow): void {
    if (this.#flows.has(flow)) return;
    this.#flows.add(flow);
    if (this.#flows.size <= MAX_FLOWS) return;
    const oldest = [...this.#flows].find((other) => other !== this.#chosen && other !== flow);
    if (oldest) {
      this.#flows.delete(oldest);
      oldest.close();
    }
  }

  #choose(flow: Flow): void {
    if (this.#chosen === flow) return;
    this.#chosen = flow;
    this.#spec.chosen(flow.transport);
  }

  #toViewer(packet: Buffer): void {
    // The library's own answers to checks: the viewer has ours.
    if (!this.#chosen || (packet[0] ?? 0) < 4) return;
    if (!this.#chosen.send(packet)) this.#spec.full();
  }
}
