import { once } from "node:events";
import { toBrowserVmError } from "@browservm/contract";
import type { FastifyReply } from "fastify";

/**
 * Writes each item as a line of JSON, as fast as the reader reads. A failure after the first byte becomes a last
 * line `{type: "error", problem}`; before it, the ordinary problem document.
 */
export async function sendNdjson(reply: FastifyReply, items: AsyncIterable<unknown>): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  const first = await iterator.next();
  reply.hijack();
  reply.raw.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  reply.raw.flushHeaders();
  try {
    for (let item = first; !item.done; item = await iterator.next()) {
      // A reader that has hung up neither drains nor closes any more.
      if (reply.raw.destroyed) break;
      if (!reply.raw.write(`${JSON.stringify(item.value)}\n`))
        await Promise.race([once(reply.raw, "drain"), once(reply.raw, "close")]);
    }
  } catch (error) {
    if (!reply.raw.destroyed)
      reply.raw.write(`${JSON.stringify({ type: "error", problem: toBrowserVmError(error).toProblem() })}\n`);
  } finally {
    await iterator.return?.(undefined);
    reply.raw.end();
  }
}
