import { collectImage, hostRoutes } from "@browservm/contract";
import { requestBody } from "@browservm/daemon";
import type { FastifyInstance } from "fastify";
import type { VmDesk } from "../vm/vm-desk.ts";
import { serve } from "./serve.ts";

/** Images for the clipboards of VMs. Served where bodies are streams. */
export function serveClipboard(app: FastifyInstance, desk: Pick<VmDesk, "putClipboardImage">): void {
  serve(app, hostRoutes.putVmClipboardImage, async ({ params, request, signal }) => {
    using body = requestBody(request.raw);
    const image = await collectImage(body.bytes);
    await desk.putClipboardImage(params.id, image, signal);
    return {};
  });
}
