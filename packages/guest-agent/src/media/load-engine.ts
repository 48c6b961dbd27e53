import type { MediaEngine } from "./engine.ts";
import { NoEncoders } from "./no-encoders.ts";
import type { SystemParts } from "./system-engine.ts";

/** This machine's engine; one that can do nothing, and says so, where GStreamer's libraries are missing. */
export async function loadEngine(parts: SystemParts): Promise<MediaEngine> {
  try {
    const { SystemEngine } = await import("./system-engine.ts");
    return new SystemEngine(parts);
  } catch (error) {
    process.stderr.write(`no engine: ${(error as Error).message}\n`);
    return new NoEncoders();
  }
}
