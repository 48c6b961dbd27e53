import type { Socket } from "node:net";
import { BrowserVmError, type ProxyCredentials, sanitizeLine } from "@browservm/contract";
import type { SocketReader } from "./socket-reader.ts";

/** What is asked of a proxy: a name that it resolves itself, or an address. Both were checked where they came in. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

const BEGINNING = "HTTP/1.";
const MOST_HEAD_BYTES = 16_384;
const MOST_INTERIM = 8;
const END_OF_HEAD = "\r\n\r\n";

/** Opens a tunnel by HTTP CONNECT (RFC 9110, section 9.3.6). PROXY_AUTH_REFUSED, PROXY_NOT_SPOKEN, PROXY_TARGET_REFUSED. */
export async function httpConnect(
  socket: Socket,
  reader: SocketReader,
  {
    target,
    credentials,
  }: { readonly target: ProxyTarget; readonly credentials?: ProxyCredentials | undefined },
): Promise<void> {
  const authority = `${target.host}:${target.port}`;
  const head = [
    `CONNECT ${authority} HTTP/1.1`,
    `Host: ${authority}`,
    ...(credentials ? [`Proxy-Authorization: Basic ${basic(credentials)}`] : []),
  ];
  socket.write(`${head.join("\r\n")}${END_OF_HEAD}`);
  judge(await finalStatus(reader), authority, credentials !== undefined);
}

const basic = ({ username, password }: ProxyCredentials): string =>
  Buffer.from(`${username}:${password}`, "utf8").toString("base64");

interface Status {
  readonly code: number;
  readonly words: string;
}

async function finalStatus(reader: SocketReader): Promise<Status> {
  for (let interim = 0; interim < MOST_INTERIM; interim++) {
    const status = await readStatus(reader);
    if (status.code >= 200) return status;
  }
  throw notSpoken(`it sent ${MOST_INTERIM} interim answers and no other`);
}

async function readStatus(reader: SocketReader): Promise<Status> {
  // Told at once: what speaks something else may never end a line.
  const beginning = (await reader.exactly(BEGINNING.length)).toString("latin1");
  if (beginning !== BEGINNING)
    throw notSpoken(`it answers “${sanitizeLine(beginning, 20)}”, which is no HTTP`);
  const head = (await reader.through(END_OF_HEAD, MOST_HEAD_BYTES)).toString("latin1");
  const [, code, words = ""] = /^\d (\d{3})(?: ([^\r\n]*))?\r\n/.exec(head) ?? [];
  if (code === undefined) throw notSpoken("its answer has no status");
  return { code: Number(code), words: sanitizeLine(words, 100) };
}

function judge({ code, words }: Status, authority: string, isKnown: boolean): void {
  if (code >= 200 && code < 300) return;
  if (code === 407) {
    const told = isKnown ? "it refuses name and password" : "it wants name and password, and was given none";
    throw new BrowserVmError("PROXY_AUTH_REFUSED", `${told} (407)`);
  }
  const told = `it answers ${code} ${words} to CONNECT ${authority}`;
  throw new BrowserVmError("PROXY_TARGET_REFUSED", told, { status: code });
}

const notSpoken = (why: string) => new BrowserVmError("PROXY_NOT_SPOKEN", why);
