import { createHash, randomBytes } from "node:crypto";
import { VmId } from "@browservm/contract";
import type { HostUnderTest } from "../harness/host-under-test.ts";

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Some bytes, as a stream of unknown size and in pieces. */
export function streamOf(bytes: Uint8Array, pieceBytes = 100_000): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + pieceBytes));
      at += pieceBytes;
    },
  });
}

export const someBytes = (mib: number): Uint8Array => new Uint8Array(randomBytes(mib * 1_048_576));

/** The files of one VM, over hostd. */
export function filesOf({ client }: HostUnderTest, vm: string) {
  const id = VmId.parse(vm);
  const signal = AbortSignal.timeout(120_000);
  return {
    put: (path: string, bytes: Uint8Array, size: number | undefined = bytes.length) =>
      client.writeFile(id, { path, ifExists: "replace", size, body: streamOf(bytes) }, signal),
    read: async (path: string) =>
      new Uint8Array(await (await client.readFile(id, path, signal)).arrayBuffer()),
    list: (path: string) => client.listFiles(id, path, signal),
    remove: (path: string) => client.removeFile(id, path, signal),
  };
}
