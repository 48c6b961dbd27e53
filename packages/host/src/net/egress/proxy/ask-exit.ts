import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type Socket } from "node:net";
import { BrowserVmError, sanitizeLine } from "@browservm/contract";
import { z } from "zod";

const MOST_BYTES = 4096;

/** Asks a server which address it is asked from. PROXY_EXIT_UNKNOWN when it does not tell. */
export async function askExit(
  url: URL,
  { signal, socket }: { readonly signal: AbortSignal; readonly socket?: Socket },
): Promise<string> {
  const text = await fetchText(url, { signal, ...(socket ? { socket } : {}) });
  const ip = readAddress(text);
  if (ip === undefined) throw unknown(url, `it answers “${sanitizeLine(text, 80)}”, which is no address`);
  return ip;
}

/** The port that a URL is asked at. */
export const portOf = ({ port, protocol }: URL): number =>
  port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);

/** By way of `socket`, which is its alone, or directly. */
function fetchText(url: URL, { signal, socket }: { readonly signal: AbortSignal; readonly socket?: Socket }) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (error: Error) => reject(unknown(url, error.message));
  const options = { signal, family: 4, headers: { accept: "text/plain, application/json" } };
  const asking =
    url.protocol === "https:"
      ? requestHttps(url, { ...options, ...byTls(socket) })
      : requestHttp(url, { ...options, ...plainly(socket) });
  asking.on("error", fail);
  asking.on("response", (response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on("error", fail);
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES)
        return void asking.destroy(new Error(`it answers more than ${MOST_BYTES} bytes`));
      chunks.push(chunk);
    });
    response.on("end", () => {
      if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString("utf8"));
      else fail(new Error(`it answers ${response.statusCode}`));
    });
  });
  asking.end();
  return promise.finally(() => {
    asking.destroy();
    socket?.destroy();
  });
}

/** An agent would connect by itself. */
const plainly = (socket: Socket | undefined) =>
  socket ? { createConnection: () => socket } : { agent: false as const };

/** Node's client does the TLS on it, and checks the certificate. */
const byTls = (socket: Socket | undefined) => ({ agent: false as const, ...(socket ? { socket } : {}) });

const Told = z.object({ ip: z.string() });

function readAddress(text: string): string | undefined {
  const plain = text.trim();
  if (isIP(plain)) return plain;
  try {
    const told = Told.safeParse(JSON.parse(plain));
    return told.success && isIP(told.data.ip) ? told.data.ip : undefined;
  } catch {
    return undefined; // no JSON either
  }
}

const unknown = (url: URL, why: string) =>
  new BrowserVmError("PROXY_EXIT_UNKNOWN", `${url.origin}: ${sanitizeLine(why, 200)}`);
