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
  const way = socket ? { createConnection: () => socket, socket } : {};
  const options = {
    ...way,
    signal,
    agent: false,
    family: 4,
    headers: { accept: "text/plain, application/json" },
  };
  // With a socket of our own, Node's client does the TLS on it.
  const asking =
    url.protocol === "https:" ? requestHttps(url, withoutPlain(options)) : requestHttp(url, options);
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

function withoutPlain<Options extends { createConnection?: unknown }>(options: Options) {
  const { createConnection: _, ...rest } = options;
  return rest;
}

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
