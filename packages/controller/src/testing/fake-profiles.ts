import { BrowserVmError, type ErrorCode, hostRoutes } from "@browservm/contract";
import type { FastifyInstance } from "fastify";

/** Profiles of the fake hostd's browsers, in memory; one that is put there is there when its body ended well. */
export class FakeProfiles {
  /** What each VM's browser has, by the VM. */
  readonly profiles = new Map<string, Buffer>();
  /** VMs for which something came whole, in order, also while it waits. */
  readonly received: string[] = [];
  /** VMs in the order in which something was put into them. */
  readonly loaded: string[] = [];
  /** VMs in the order in which something was read from them. */
  readonly saved: string[] = [];
  /** Refuses with this. */
  refuseRead: ErrorCode | undefined;
  refuseWrite: ErrorCode | undefined;
  /** The next read breaks off in the middle. */
  breaksRead = false;
  /** What a read waits for before its first byte. */
  gate: Promise<void> = Promise.resolve();
  /** The same for a write, before its answer. */
  writeGate: Promise<void> = Promise.resolve();

  async serve(app: FastifyInstance, ready: (id: string) => unknown): Promise<void> {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
    app.get(hostRoutes.readVmProfile.path, async ({ params }, reply) => {
      const { id } = params as { id: string };
      ready(id);
      if (this.refuseRead) throw new BrowserVmError(this.refuseRead, "refused");
      await this.gate;
      this.saved.push(id);
      const bytes = this.profiles.get(id) ?? Buffer.from("an empty browser");
      reply.header("content-length", bytes.length);
      if (!this.breaksRead) return reply.send(bytes);
      this.breaksRead = false;
      reply.hijack();
      reply.raw.writeHead(200, { "content-length": bytes.length });
      reply.raw.write(bytes.subarray(0, bytes.length / 2), () => reply.raw.destroy());
      return reply;
    });
    app.put(hostRoutes.writeVmProfile.path, async ({ params, raw }, reply) => {
      const { id } = params as { id: string };
      ready(id);
      if (this.refuseWrite) throw new BrowserVmError(this.refuseWrite, "refused");
      const chunks: Buffer[] = [];
      for await (const chunk of raw) chunks.push(chunk as Buffer);
      this.received.push(id);
      await this.writeGate;
      this.profiles.set(id, Buffer.concat(chunks));
      this.loaded.push(id);
      return reply.status(201).send({ files: 1, bytes: this.profiles.get(id)?.length });
    });
  }
}
