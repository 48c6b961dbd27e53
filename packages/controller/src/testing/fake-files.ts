import { Readable } from "node:stream";
import { BrowserVmError, type ErrorCode, hostRoutes } from "@browservm/contract";
import type { FastifyInstance } from "fastify";

/** Files of the fake hostd's VMs, in memory; a file appears when its body ended well. */
export class FakeFiles {
  /** By path; all VMs share them. */
  readonly files = new Map<string, Buffer>();
  /** Every write is refused with this, before its body is read. */
  refuseWrite: ErrorCode | undefined;
  /** Bytes of bodies that came, also of those that broke off. */
  received = 0;
  /** What the last request for a write said of its length. */
  announced: string | undefined;
  /** Bodies that ended before their end. */
  broken = 0;
  /** Images that were put on clipboards. */
  readonly images: Buffer[] = [];
  /** Until it settles, no image is on a clipboard. */
  imageGate: Promise<void> = Promise.resolve();
  /** The next read breaks off in the middle. */
  breaksRead = false;

  async serve(app: FastifyInstance, ready: (id: string) => unknown): Promise<void> {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
    app.addHook("preHandler", async ({ params }) => void ready((params as { id: string }).id));
    app.get(hostRoutes.listVmFiles.path, async ({ query }) => this.#list((query as { path: string }).path));
    app.get(hostRoutes.readVmFile.path, async ({ query }, reply) => {
      const bytes = this.#find((query as { path: string }).path);
      reply.header("content-length", bytes.length);
      return reply.send(this.breaksRead ? breaking(bytes) : bytes);
    });
    app.put(hostRoutes.writeVmFile.path, async ({ query, raw, headers }, reply) => {
      const { path } = hostRoutes.writeVmFile.query.parse(query);
      this.announced = headers["content-length"];
      if (this.refuseWrite) throw new BrowserVmError(this.refuseWrite, `refused: ${this.refuseWrite}`);
      const bytes = await this.#receive(raw);
      this.files.set(path, bytes);
      return reply.status(201).send({ path, size: bytes.length });
    });
    app.put(hostRoutes.putVmClipboardImage.path, async ({ raw }) => {
      const image = await this.#receive(raw);
      await this.imageGate;
      this.images.push(image);
      return {};
    });
    app.delete(hostRoutes.removeVmFile.path, async ({ query }) => {
      const { path } = query as { path: string };
      this.#find(path);
      this.files.delete(path);
      return {};
    });
  }

  async #receive(raw: AsyncIterable<Buffer>): Promise<Buffer> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of raw) {
        chunks.push(chunk);
        this.received += chunk.length;
      }
    } catch (error) {
      this.broken += 1;
      throw error;
    }
    return Buffer.concat(chunks);
  }

  #find(path: string): Buffer {
    const bytes = this.files.get(path);
    if (!bytes) throw new BrowserVmError("FILE_NOT_FOUND", `there is no ${path}`);
    return bytes;
  }

  #list(directory: string) {
    const entries = [...this.files]
      .filter(([path]) => path.startsWith(`${directory}/`))
      .map(([path, bytes]) => ({
        name: path.slice(directory.length + 1),
        kind: "file",
        size: bytes.length,
        modifiedAt: "2026-01-01T00:00:00.000Z",
      }));
    return { entries, truncated: false };
  }
}

function breaking(bytes: Buffer): Readable {
  return Readable.from(
    (async function* () {
      yield bytes.subarray(0, bytes.length / 2);
      throw new Error("the guest went away");
    })(),
  );
}
