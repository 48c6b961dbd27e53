import { BrowserVmError } from "@browservm/contract";
import type { CliContext } from "../context.ts";

/** The machine's image store. `host` is loaded only by the commands that need it. */
export async function openImages(context: CliContext) {
  if (process.getuid?.() !== 0) throw new BrowserVmError("NOT_PRIVILEGED", "the image store belongs to root");
  const { openImageStore } = await import("@browservm/host/image");
  return openImageStore(context.config);
}
