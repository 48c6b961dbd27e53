import { isIPv4, type Socket } from "node:net";
import { BrowserVmError, type ProxyCredentials } from "@browservm/contract";
import { toNumber } from "../../ipv4.ts";
import type { ProxyTarget } from "./http-connect.ts";
import type { SocketReader } from "./socket-reader.ts";

const VERSION = 5; // RFC 1928, as all of these
const METHOD = { NONE: 0, PASSWORD: 2, REFUSED: 0xff } as const;
const CONNECT = 1;
const ADDRESS = { IPV4: 1, NAME: 3, IPV6: 4 } as const;
const PASSWORD_VERSION = 1; // RFC 1929

const REFUSALS: Readonly<Record<number, string>> = {
  1: "general failure",
  2: "its rules forbid it",
  3: "network unreachable",
  4: "host unreachable",
  5: "connection refused",
  6: "time to live expired",
  7: "it knows no CONNECT",
  8: "it knows no such address",
};

/** Agrees on how to be known, and is. Answers whether the proxy asked. PROXY_AUTH_REFUSED, PROXY_NOT_SPOKEN. */
export async function socksGreet(
  socket: Socket,
  reader: SocketReader,
  credentials: ProxyCredentials | undefined,
): Promise<boolean> {
  const methods = credentials ? [METHOD.PASSWORD, METHOD.NONE] : [METHOD.NONE];
  socket.write(Buffer.from([VERSION, methods.length, ...methods]));
  const [version, method] = await reader.exactly(2);
  if (version !== VERSION) throw notSpoken("it answers no SOCKS 5");
  if (method === METHOD.NONE) return false;
  if (method === METHOD.PASSWORD && credentials) {
    await sayPassword(socket, reader, credentials);
    return true;
  }
  if (method !== METHOD.REFUSED) throw notSpoken(`it chooses method ${method}, which it was not offered`);
  const told = credentials
    ? "it takes neither a password nor nobody"
    : "it wants credentials, and was given none";
  throw new BrowserVmError("PROXY_AUTH_REFUSED", told);
}

async function sayPassword(socket: Socket, reader: SocketReader, { username, password }: ProxyCredentials) {
  const [name, secret] = [Buffer.from(username, "utf8"), Buffer.from(password, "utf8")];
  const bytes = [Buffer.from([PASSWORD_VERSION, name.length]), name, Buffer.from([secret.length]), secret];
  socket.write(Buffer.concat(bytes));
  const [version, status] = await reader.exactly(2);
  if (version !== PASSWORD_VERSION) throw notSpoken("it answers to name and password with something else");
  if (status !== 0) throw new BrowserVmError("PROXY_AUTH_REFUSED", "it refuses name and password");
}

/** After the greeting. PROXY_TARGET_REFUSED, PROXY_NOT_SPOKEN. */
export async function socksConnect(socket: Socket, reader: SocketReader, target: ProxyTarget): Promise<void> {
  const port = Buffer.alloc(2);
  port.writeUInt16BE(target.port);
  socket.write(Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), encodeHost(target.host), port]));
  const [version, reply = 1, , kind] = await reader.exactly(4);
  if (version !== VERSION) throw notSpoken("it answers to CONNECT with something else");
  if (reply !== 0) {
    const told = `it does not connect to ${target.host}:${target.port}: ${REFUSALS[reply] ?? `answer ${reply}`}`;
    throw new BrowserVmError("PROXY_TARGET_REFUSED", told, { reply });
  }
  await skipAddress(reader, kind);
}

function encodeHost(host: string): Buffer {
  const bytes = Buffer.from(host, "latin1");
  if (!isIPv4(host)) return Buffer.concat([Buffer.from([ADDRESS.NAME, bytes.length]), bytes]);
  const address = Buffer.alloc(5);
  address.writeUInt8(ADDRESS.IPV4);
  address.writeUInt32BE(toNumber(host), 1);
  return address;
}

/** Where the proxy says that it comes out; many say zeros, so nothing is believed of it. */
async function skipAddress(reader: SocketReader, kind: number | undefined): Promise<void> {
  const lengths: Readonly<Record<number, number>> = { [ADDRESS.IPV4]: 4, [ADDRESS.IPV6]: 16 };
  const [named] = kind === ADDRESS.NAME ? await reader.exactly(1) : [];
  const length = named ?? lengths[kind ?? 0];
  if (length === undefined) throw notSpoken(`it speaks of an address of kind ${kind}`);
  await reader.exactly(length + 2);
}

const notSpoken = (why: string) => new BrowserVmError("PROXY_NOT_SPOKEN", why);
