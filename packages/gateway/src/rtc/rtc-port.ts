import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { framed, PacketFrames } from "./packet-frames.ts";
import { type Flow, type PeerSpec, PortPeer } from "./port-peer.ts";
import { parseBindingRequest } from "./stun.ts";

export interface PortSpec {
  readonly host: string;
  /** 0 = any. */
  readonly port: number;
}

/** TCP connections that have not yet proved who they are. */
const MAX_STRANGERS = 128;
const STRANGER_MS = 5000;
/** A TCP connection that takes nothing holds no more than this, in bytes; packets beyond it are lost, as by UDP. */
const MAX_UNSENT_BYTES = 256 * 1024;
/** A source address that says nothing for so long has to prove itself again: ICE asks every few seconds. */
const SILENT_MS = 60_000;
const MAX_UDP_FLOWS = 8192;
const UDP_BUFFER_BYTES = 1024 * 1024;

interface UdpFlow extends Flow {
  heardAt: number;
  peer: PortPeer;
}

/**
 * The one UDP and TCP port of all sessions. A signed check of ICE says whose a source is; after that its packets go to
 * that peer's loopback socket, and back. Everything else is dropped where it comes in.
 */
export class RtcPort implements AsyncDisposable {
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #peers = new Map<string, PortPeer>();
  readonly #flows = new Map<string, UdpFlow>();
  readonly #strangers = new Set<Socket>();
  readonly #sockets = new Set<Socket>();
  readonly #sweep: NodeJS.Timeout;
  /** Packets of nobody. */
  dropped = 0;

  private constructor(udp: UdpSocket, tcp: Server) {
    this.#udp = udp;
    this.#tcp = tcp;
    udp.on("message", (packet: Buffer, { address, port }) => this.#datagram(packet, address, port));
    udp.on("error", () => {}); // of one packet that could not be sent
    tcp.on("connection", (socket) => this.#connection(socket));
    tcp.on("error", () => {}); // of one connection that could not be accepted
    this.#sweep = setInterval(() => this.#forgetSilent(), SILENT_MS / 2).unref();
  }

  /** EADDRINUSE and the like when either cannot be had. */
  static async open({ host, port }: PortSpec): Promise<RtcPort> {
    await using undo = new AsyncDisposableStack();
    const tcp = createServer({ noDelay: true });
    await listening(tcp, () => tcp.listen(port, host));
    undo.defer(() => void tcp.close());
    const address = tcp.address();
    if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
    const udp = createSocket({
      type: address.family === "IPv6" ? "udp6" : "udp4",
      recvBufferSize: UDP_BUFFER_BYTES,
      sendBufferSize: UDP_BUFFER_BYTES,
    });
    await listening(udp, () => udp.bind(address.port, host));
    undo.move();
    return new RtcPort(udp, tcp);
  }

  get port(): number {
    return this.#udp.address().port;
  }

  /** From now on checks for this name are believed. Dispose to forget it. Rejects when another peer has that name. */
  async register(spec: PeerSpec): Promise<Disposable> {
    const peer = await PortPeer.open(spec);
    if (this.#peers.has(spec.ufrag)) {
      peer[Symbol.dispose]();
      throw new Error("another connection has this name: offer again");
    }
    this.#peers.set(spec.ufrag, peer);
    return {
      [Symbol.dispose]: () => {
        peer[Symbol.dispose]();
        this.#peers.delete(spec.ufrag);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweep);
    for (const peer of this.#peers.values()) peer[Symbol.dispose]();
    for (const socket of this.#sockets) socket.destroy();
    this.#udp.close();
    await new Promise((resolve) => this.#tcp.close(resolve));
  }

  #datagram(packet: Buffer, address: string, port: number): void {
    const key = `${address} ${port}`;
    const known = this.#flows.get(key);
    if (isMedia(packet)) {
      if (!known) this.dropped += 1;
      known?.peer.toLibrary(packet);
      return;
    }
    const request = parseBindingRequest(packet);
    const peer = request && this.#peers.get(request.ufrag);
    const flow = known?.peer === peer ? known : peer && this.#udpFlow(key, peer, address, port);
    if (!request || !peer || !flow || !peer.check(request, flow)) {
      this.dropped += 1;
      return;
    }
    if (known && known !== flow) known.peer.drop(known);
    flow.heardAt = performance.now();
    if (this.#flows.size < MAX_UDP_FLOWS || known) this.#flows.set(key, flow);
  }

  #udpFlow(key: string, peer: PortPeer, address: string, port: number): UdpFlow {
    const flow: UdpFlow = {
      transport: "udp",
      from: { address, port },
      heardAt: 0,
      peer,
      send: (packet) => {
        this.#udp.send(packet, port, address, () => {}); // a way that is gone shows as silence
        return true;
      },
      close: () => {
        if (this.#flows.get(key) === flow) this.#flows.delete(key);
      },
    };
    return flow;
  }

  #forgetSilent(): void {
    const before = performance.now() - SILENT_MS;
    for (const flow of [...this.#flows.values()]) {
      if (flow.heardAt >= before) continue;
      flow.peer.drop(flow);
      flow.close();
    }
  }

  #connection(socket: Socket): void {
    socket.on("error", () => {});
    if (this.#strangers.size >= MAX_STRANGERS) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    this.#strangers.add(socket);
    const timer = setTimeout(() => socket.destroy(), STRANGER_MS);
    const flow = tcpFlow(socket);
    const frames = new PacketFrames();
    let peer: PortPeer | undefined;
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const packet of frames.push(chunk)) peer = this.#framedPacket(packet, flow, peer);
      } catch {
        socket.destroy(); // not RFC 4571
      }
      if (!peer) return;
      clearTimeout(timer);
      this.#strangers.delete(socket);
    });
    socket.on("close", () => {
      clearTimeout(timer);
      this.#strangers.delete(socket);
      this.#sockets.delete(socket);
      peer?.drop(flow);
    });
  }

  /** Answers whose connection it is now. Throws when who sent it is nobody, or somebody else than before. */
  #framedPacket(packet: Buffer, flow: Flow, before: PortPeer | undefined): PortPeer {
    if (before && isMedia(packet)) {
      before.toLibrary(packet);
      return before;
    }
    const request = parseBindingRequest(packet);
    const peer = request && this.#peers.get(request.ufrag);
    if (!peer || (before && before !== peer) || !peer.check(request, flow)) {
      this.dropped += 1;
      throw new Error("this packet is nobody's");
    }
    return peer;
  }
}

/** DTLS, SRTP or SRTCP by its first byte (RFC 7983). */
function isMedia(packet: Buffer): boolean {
  const first = packet[0] ?? 0;
  return (first >= 20 && first <= 63) || (first >= 128 && first <= 191);
}

function tcpFlow(socket: Socket): Flow {
  return {
    transport: "tcp",
    from: { address: socket.remoteAddress ?? "0.0.0.0", port: socket.remotePort ?? 0 },
    send: (packet) => {
      if (socket.destroyed || socket.writableLength > MAX_UNSENT_BYTES) return false;
      socket.write(framed(packet));
      return true;
    },
    close: () => socket.destroy(),
  };
}

async function listening(emitter: Server | UdpSocket, start: () => void): Promise<void> {
  const listens = once(emitter, "listening"); // rejects on error
  start();
  await listens;
}
