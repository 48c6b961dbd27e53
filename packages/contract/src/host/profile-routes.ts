import { z } from "zod";
import { hostRoute as route } from "../define-route.ts";
import { VmId } from "../ids.ts";

const Params = z.object({ id: VmId });

/** What a guest says of a profile that was put into its browser. */
export const LoadedProfile = z.object({ files: z.int().nonnegative(), bytes: z.int().nonnegative() });
export type LoadedProfile = z.infer<typeof LoadedProfile>;

/** The profile of a VM's browser, as one stream in a form of the agent's own. The browser is closed meanwhile. */
export const vmProfileRoutes = {
  readVmProfile: route({
    method: "GET",
    path: "/v1/vms/:id/profile",
    summary: "Close the browser and read its profile; its size is certain, or the stream fails",
    params: Params,
    reply: z.instanceof(Uint8Array),
    kind: "bytes",
    errors: ["VM_NOT_READY", "BROWSER_UNAVAILABLE", "FILE_TOO_LARGE", "GUEST_CALL_FAILED"],
  }),
  writeVmProfile: route({
    method: "PUT",
    path: "/v1/vms/:id/profile",
    summary: "Put a profile in the place of the browser's; answers when the browser has painted with it",
    params: Params,
    sends: "bytes",
    reply: LoadedProfile,
    status: 201,
    errors: ["VM_NOT_READY", "BROWSER_UNAVAILABLE", "FILE_TOO_LARGE", "GUEST_DISK_FULL", "GATE_BROWSER"],
  }),
} as const;
