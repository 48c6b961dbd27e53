import { z } from "zod";
import { route } from "../define-route.ts";
import { SessionId } from "../ids.ts";

/** What goes to a session's clipboard beside the display, which carries text alone. */
export const clipboardRoutes = {
  putClipboardImage: route({
    method: "PUT",
    path: "/v1/sessions/:id/clipboard/image",
    summary: "Put a PNG image on the session's clipboard; for who has the control",
    access: "sessions:view",
    params: z.object({ id: SessionId }),
    sends: "bytes",
    reply: z.object({}),
    errors: [
      "SESSION_NOT_FOUND",
      "SESSION_NOT_READY",
      "CONTROL_REFUSED",
      "CLIPBOARD_CLOSED",
      "CLIPBOARD_TOO_LARGE",
      "CLIPBOARD_NOT_PNG",
      "CLIPBOARD_BUSY",
      "CLIPBOARD_TOO_SLOW",
      "BROWSER_UNAVAILABLE",
      "GUEST_CALL_FAILED",
    ],
  }),
};
