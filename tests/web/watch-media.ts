import { join } from "node:path";
import { MediaReader, parseMediaMessage, type VideoFrame, VmId } from "@browservm/contract";
import { HostClient } from "../../packages/controller/src/host/host-client.ts";

export interface MediaSight {
  readonly frames: VideoFrame[];
  /** JSON messages by their kinds. */
  readonly said: Array<{ readonly code: number; readonly value: unknown }>;
  close(): void;
}

/** A media stream of a VM, straight from the hostd of that run directory. */
export async function watchMedia(runDir: string, vmId: string): Promise<MediaSight> {
  const host = new HostClient({ socketPath: join(runDir, "hostd.sock"), timeoutScale: 6 });
  const stream = await host.openStream(VmId.parse(vmId), "media");
  const sight: MediaSight = { frames: [], said: [], close: () => stream.destroy() };
  const reader = new MediaReader();
  stream.on("error", () => {}); // ended by the test
  stream.on("data", (bytes: Buffer) => {
    for (const message of reader.push(bytes)) {
      const parsed = parseMediaMessage(message);
      if (parsed?.kind === "video") sight.frames.push(parsed.frame);
      if (parsed?.kind === "json") sight.said.push(parsed);
    }
  });
  return sight;
}

/** What the first bytes of a VP8 frame say (RFC 6386, section 9.1). */
export function readVp8(data: Uint8Array): { isKey: boolean; width?: number; height?: number } {
  const bytes = Buffer.from(data);
  if ((bytes.readUInt8(0) & 1) !== 0) return { isKey: false };
  if (bytes.toString("hex", 3, 6) !== "9d012a") throw new Error("no start code of a VP8 key frame");
  return {
    isKey: true,
    width: bytes.readUInt16LE(6) & 0x3fff,
    height: bytes.readUInt16LE(8) & 0x3fff,
  };
}
