import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { ProxyCredentials } from "@browservm/contract";

export interface Far {
  readonly host?: string;
  readonly port: number;
  /** The address that it comes out at. */
  readonly localAddress?: string;
}

export interface MockProxyOptions {
  readonly kind: "http" | "socks5";
  readonly credentials?: ProxyCredentials;
  /** Where a name or address really leads; absent: it is refused. */
  readonly lead?: (host: string, port: number) => Far | undefined;
  readonly host?: string;
  readonly port?: number;
}

/** A proxy on loopback that speaks real bytes, and remembers what it was asked. */
export class MockProxy implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(talk: (proxy: MockProxy, socket: Socket) => Promise<boolean>) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.once("close", () => this.#sockets.delete(socket));
      // Whoever is not joined with a far end has nothing more to say when its client has left.
      const leave = () => {
        socket.resume();
        socket.once("end", () => socket.end());
      };
      talk(this, socket).then(
        (isJoined) => isJoined || leave(),
        () => socket.destroy(),
      );
    });
  }

  static start(options: MockProxyOptions): Promise<MockProxy> {
    const talk = options.kind === "http" ? talkHttp : talkSocks;
    return MockProxy.#listen((proxy, socket) => talk(proxy, socket, options), options);
  }

  /** One that answers whatever comes first with these words, and then does as told. */
  static saying(words: string | Buffer, then: "stay" | "end" = "stay"): Promise<MockProxy> {
    return MockProxy.#listen(async (_, socket) => {
      await once(socket, "data");
      socket.write(words);
      if (then === "end") socket.end();
      return false;
    });
  }

  static async #listen(
    talk: (proxy: MockProxy, socket: Socket) => Promise<boolean>,
    { host = "127.0.0.1", port = 0 }: Pick<MockProxyOptions, "host" | "port"> = {},
  ): Promise<MockProxy> {
    const proxy = new MockProxy(talk);
    proxy.#server.listen(port, host);
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  get open(): number {
    return this.#sockets.size;
  }

  /** Joins the client with where its target leads. */
  async join(client: Socket, where: Far): Promise<void> {
    const far = connect({ host: "127.0.0.1", ...where, allowHalfOpen: true });
    far.on("error", () => client.destroy());
    await once(far, "connect");
    client.once("close", () => far.destroy());
    far.pipe(client).pipe(far);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

async function talkHttp(
  proxy: MockProxy,
  socket: Socket,
  { credentials, lead }: MockProxyOptions,
): Promise<boolean> {
  let head = "";
  while (!head.includes("\r\n\r\n")) head += String((await once(socket, "data"))[0]);
  socket.pause();
  const wanted =
    credentials &&
    `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
  if (wanted && !head.includes(`Proxy-Authorization: ${wanted}\r\n`))
    return !socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n");
  const [, host = "", port = ""] = /^CONNECT ([^ :]+):(\d+) /.exec(head) ?? [];
  proxy.asked.push(`${host}:${port}`);
  const far = lead?.(host, Number(port));
  if (far === undefined) return !socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
  await proxy.join(socket, far);
  return true;
}

async function talkSocks(
  proxy: MockProxy,
  socket: Socket,
  { credentials, lead }: MockProxyOptions,
): Promise<boolean> {
  const next = async () => (await once(socket, "data"))[0] as Buffer;
  const methods = [...(await next()).subarray(2)];
  const method = credentials ? 2 : 0;
  socket.write(Buffer.from([5, methods.includes(method) ? method : 255]));
  if (!methods.includes(method)) return false;
  if (credentials) {
    const told = await next();
    const name = told.subarray(2, 2 + (told[1] ?? 0)).toString();
    const password = told.subarray(3 + (told[1] ?? 0)).toString();
    const isRight = name === credentials.username && password === credentials.password;
    socket.write(Buffer.from([1, isRight ? 0 : 1]));
    if (!isRight) return false;
  }
  const request = await next();
  const isName = request[3] === 3;
  const host = isName
    ? request.subarray(5, 5 + (request[4] ?? 0)).toString()
    : request.subarray(4, 8).join(".");
  const port = request.readUInt16BE(request.length - 2);
  proxy.asked.push(`${host}:${port}`);
  socket.pause();
  const far = lead?.(host, port);
  // An answer with a name in it: its length is the proxy's to say.
  const answer = [5, far === undefined ? 5 : 0, 0, 3, 3, 97, 98, 99, 0, 0];
  socket.write(Buffer.from(answer));
  if (far !== undefined) await proxy.join(socket, far);
  return far !== undefined;
}
