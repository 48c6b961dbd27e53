import type { IncomingMessage, ServerResponse } from "node:http";
import { apiRoutes, type BrowserVmError, collectImage } from "@browservm/contract";
import { send } from "./contract-http.ts";

interface ImageAsked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Images for the clipboards of sessions, as the controller takes them. */
export class MockClipboard {
  readonly images: Uint8Array[] = [];
  /** The next calls fail with it. */
  refuse: BrowserVmError | null = null;
  /** Until it settles, no image is there. */
  gate: Promise<void> = Promise.resolve();

  /** Whether the row is ours; then it is answered. */
  async answer(name: string, { request, response }: ImageAsked): Promise<boolean> {
    if (name !== "putClipboardImage") return false;
    const image = await collectImage(request);
    await this.gate;
    if (this.refuse) throw this.refuse;
    this.images.push(image);
    send(response, apiRoutes.putClipboardImage, {}, {});
    return true;
  }
}
