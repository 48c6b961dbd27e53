import { collectImage, hostRoutes } from "@browservm/contract";
import type { FastifyInstance } from "fastify";
import type { VmDesk } from "../vm/vm-desk.ts";
import { serve } from "./serve.ts";

/** Images for the clipboards of VMs. Served where bodies are streams. */
export function serveClipboard(app: FastifyInstance, desk: Pick<VmDesk, "putClipboardImage">): void {
  serve(app, hostRoutes.putVmClipboardImage, async ({ params, request, signal }) => {
    // a request that is destroyed could not be answered
    const image = await collectImage(request.raw.iterator({ destroyOnReturn: false }));
    await desk.putClipboardImage(params.id, image, signal);
    return {};
  });
}
