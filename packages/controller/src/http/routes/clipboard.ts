import {
  apiRoutes,
  BrowserVmError,
  clipboardOf,
  collectImage,
  refuseLargeImage,
  type SessionId,
} from "@browservm/contract";
import { type BodyDeadline, requestBody } from "@browservm/daemon";
import type { Principal } from "../../auth/principal.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";
import { IMAGE_MS } from "../slow-senders.ts";

/** Images for sessions' clipboards. What they show is in no log. */
export function serveClipboard(rows: RowServer, parts: Parts): void {
  const { desk, log, slowSenders } = parts;
  const deadline = deadlineOf(slowSenders?.imageMs ?? IMAGE_MS);
  /** One image at a time each. */
  const busy = new Set<SessionId>();
  rows.serve(apiRoutes.putClipboardImage, async ({ params: { id }, principal, request, signal }) => {
    await mustBeAllowed(parts, id, principal);
    refuseLargeImage(Number(request.headers["content-length"] ?? 0));
    if (busy.has(id)) throw new BrowserVmError("CLIPBOARD_BUSY", "an image is on its way already");
    busy.add(id);
    try {
      using body = requestBody(request.raw, deadline);
      const image = await collectImage(body.bytes);
      // it may have taken long to come
      await mustBeAllowed(parts, id, principal);
      await desk.putClipboardImage(id, image, signal);
      log.info({ sessionId: id, requestId: request.id, bytes: image.length }, "an image came to a clipboard");
      return {};
    } finally {
      busy.delete(id);
    }
  });
}

/** Who sends slowly must not keep the clipboard from others. */
const deadlineOf = (ms: number): BodyDeadline => ({
  ms,
  error: () => new BrowserVmError("CLIPBOARD_TOO_SLOW", `it was not there within ${ms / 1000} s`, { ms }),
});

/** The clipboard is who has the control's, as keys and pointer are. CONTROL_REFUSED, CLIPBOARD_CLOSED. */
async function mustBeAllowed(
  { sessions, viewers, config }: Parts,
  id: SessionId,
  principal: Principal | undefined,
): Promise<void> {
  const { request } = await sessions.get(id);
  if (!principal?.canControl || !viewers.hasControl(id, principal.scope))
    throw new BrowserVmError("CONTROL_REFUSED", "the clipboard is for who has the control");
  if (!clipboardOf(request.clipboard, config.clipboard).toGuest)
    throw new BrowserVmError("CLIPBOARD_CLOSED", "nothing may be put on this session's clipboard");
}
