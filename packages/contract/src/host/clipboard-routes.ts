import { z } from "zod";
import { hostRoute as route } from "../define-route.ts";
import { VmId } from "../ids.ts";

/** The clipboard of a VM's display. */
export const vmClipboardRoutes = {
  putVmClipboardImage: route({
    method: "PUT",
    path: "/v1/vms/:id/clipboard/image",
    summary: "Put a PNG image on the clipboard of the guest's display, over the control channel",
    params: z.object({ id: VmId }),
    sends: "bytes",
    reply: z.object({}),
    errors: [
      "VM_NOT_READY",
      "BROWSER_UNAVAILABLE",
      "CLIPBOARD_TOO_LARGE",
      "CLIPBOARD_NOT_PNG",
      "GUEST_CALL_FAILED",
    ],
  }),
};
