import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { BrowserVmError, type EgressPolicy, type EgressProxy, type VmId } from "@browservm/contract";
import { contains, parseRange } from "../../ipv4.ts";
import { type FlowTarget, mayFlow, type ProxyFlow, type ProxyFlows } from "./proxy-flows.ts";
import { reset, splice } from "./splice.ts";
import { SYNTHETIC_RANGE, type SyntheticNames } from "./synthetic-names.ts";

/** Most connections that wait for their proxy's answer or go through it. */
const MOST_CONNECTIONS = 4096;
const SYNTHETIC = parseRange(SYNTHETIC_RANGE);

export interface ProxiedGuest {
  readonly vmId: VmId;
  readonly policy: EgressPolicy & { readonly proxy: EgressProxy };
}

export interface ForwarderOptions {
  readonly ip: string;
  readonly port: number;
  readonly flows: ProxyFlows;
  readonly names: SyntheticNames;
  /** The guest at this address, if it has a proxy. */
  readonly guestAt: (ip: string) => ProxiedGuest | undefined;
  /** A tunnel through its proxy. */
  readonly dial: (
    guest: ProxiedGuest,
    target: { host: string; port: number },
    signal: AbortSignal,
  ) => Promise<Socket>;
  /** Where a connection was meant to go. */
  readonly destinationOf: (socket: Socket) => { readonly ip: string; readonly port: number };
}

/** Takes what guests with a proxy send anywhere by TCP, and sends it through that proxy or ends it. */
export class Forwarder implements AsyncDisposable {
  readonly #options: ForwarderOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void this.#take(socket));
    // One connection that could not be taken is no reason to end.
    this.#server.on("error", () => {});
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** EGRESS_PORT_TAKEN. */
  static async listen(options: ForwarderOptions): Promise<Forwarder> {
    const forwarder = new Forwarder(options);
    const { ip, port } = options;
    forwarder.#server.listen({ host: ip, port, exclusive: true });
    try {
      await once(forwarder.#server, "listening");
      return forwarder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      const message = `another program listens on ${ip}:${port}`;
      throw new BrowserVmError("EGRESS_PORT_TAKEN", message, { ip, port }, { cause: error });
    }
  }

  async #take(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const ip = socket.remoteAddress ?? "";
    const guest = this.#options.guestAt(ip);
    const target = guest && this.#targetOf(socket, guest);
    if (!target || !mayFlow(guest.policy, target)) return reset(socket);
    await this.#forward(socket, ip, guest, target);
  }

  async #forward(socket: Socket, ip: string, guest: ProxiedGuest, target: FlowTarget): Promise<void> {
    const { flows, dial } = this.#options;
    const ending = new AbortController();
    const ends: Socket[] = [socket];
    const cut = () => {
      ending.abort();
      for (const end of ends) if (!end.destroyed) reset(end);
    };
    const flow: ProxyFlow = { guest: ip, target, proxy: guest.policy.proxy, cut };
    if (!flows.add(flow)) return reset(socket);
    // Whoever gives up while the proxy is asked is not waited for.
    socket.once("close", () => {
      ending.abort();
      flows.remove(flow);
    });
    try {
      const host = "ip" in target ? target.ip : target.name;
      const upstream = await dial(guest, { host, port: target.port }, ending.signal);
      ends.push(upstream);
      if (socket.destroyed) upstream.destroy();
      else splice(socket, upstream);
    } catch {
      // Why is the desk's to tell; the guest learns at once that there is no way.
      cut();
    }
  }

  #targetOf(socket: Socket, { vmId }: ProxiedGuest): FlowTarget | undefined {
    const { destinationOf, names } = this.#options;
    if (socket.destroyed) return undefined;
    try {
      const { ip, port } = destinationOf(socket);
      if (!contains(SYNTHETIC, ip)) return { ip, port };
      const name = names.nameOf(vmId, ip);
      return name === undefined ? undefined : { name, port };
    } catch {
      return undefined; // it has ended already
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
