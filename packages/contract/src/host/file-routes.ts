import { z } from "zod";
import { DirectoryPath, FileListing, FilePath, IfExists, WrittenFile } from "../api/session-files.ts";
import { hostRoute as route } from "../define-route.ts";
import { VmId } from "../ids.ts";

const Params = z.object({ id: VmId });

/** Files of a VM, below the home of the browser's user. Their paths are the guest's, never this machine's. */
export const vmFileRoutes = {
  listVmFiles: route({
    method: "GET",
    path: "/v1/vms/:id/files/list",
    summary: "What is in a directory of the guest, the newest first",
    params: Params,
    query: z.object({ path: DirectoryPath }),
    reply: FileListing,
    errors: ["VM_NOT_READY", "FILE_NOT_FOUND", "FILE_REFUSED"],
  }),
  readVmFile: route({
    method: "GET",
    path: "/v1/vms/:id/files",
    summary: "A file of the guest",
    params: Params,
    query: z.object({ path: FilePath }),
    reply: z.instanceof(Uint8Array),
    kind: "bytes",
    errors: ["VM_NOT_READY", "FILE_NOT_FOUND", "FILE_REFUSED", "FILE_TOO_LARGE"],
  }),
  writeVmFile: route({
    method: "PUT",
    path: "/v1/vms/:id/files",
    summary: "Put a file into the guest; it appears whole or not at all",
    params: Params,
    query: z.object({ path: FilePath, ifExists: IfExists.default("replace") }),
    sends: "bytes",
    reply: WrittenFile,
    status: 201,
    errors: ["VM_NOT_READY", "FILE_REFUSED", "FILE_EXISTS", "FILE_TOO_LARGE", "GUEST_DISK_FULL"],
  }),
  removeVmFile: route({
    method: "DELETE",
    path: "/v1/vms/:id/files",
    summary: "Remove a file or an empty directory of the guest",
    params: Params,
    query: z.object({ path: FilePath }),
    reply: z.object({}),
    errors: ["VM_NOT_READY", "FILE_NOT_FOUND", "FILE_REFUSED"],
  }),
};
