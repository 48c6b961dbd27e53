import type { CustomFetch } from "openid-client";

/** More than this no token endpoint has to say, in bytes. */
const MAX_BYTES = 262_144;

/** What openid-client calls for each request: a fetch whose answer is bounded and that ends with `signal`. */
export function boundedFetch(signal: AbortSignal): CustomFetch {
  return async (url, { body, ...options }) => {
    const ends = options.signal ? AbortSignal.any([options.signal, signal]) : signal;
    const reply = await fetch(url, { ...options, signal: ends, ...(body === undefined ? {} : { body }) });
    const { status, headers } = reply;
    const content = status === 204 || reply.body === null ? null : await readBounded(reply.body);
    return new Response(content, { status, headers });
  };
}

async function readBounded(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new RangeError("the answer is too long");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
