import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { apiRoutes, BrowserVmError, DOWNLOADS, type SessionId } from "@browservm/contract";
import { requestBody } from "@browservm/daemon";
import { isOperator, type Principal } from "../../auth/principal.ts";
import { attachment } from "../attachment.ts";
import type { Parts } from "../parts.ts";
import type { Call, RowServer } from "../serve.ts";

type FileCall = Pick<Call<typeof apiRoutes.readFile>, "principal" | "request" | "signal">;

/** What a file from a guest may do in a browser that shows it all the same: nothing, and as nobody. */
const FILE_CSP = "default-src 'none'; sandbox; frame-ancestors 'none'";

/** Files into a session and out of it. Their names and contents are in no log. */
export function serveFiles(rows: RowServer, parts: Parts): void {
  const { desk, host } = parts;
  const allowed = async (id: SessionId, path: string, { principal }: FileCall) => {
    await parts.sessions.get(id);
    refuseUnlessAllowed(parts, { id, path, principal });
  };
  rows.serve(apiRoutes.listFiles, async ({ params: { id }, query: { path }, ...call }) => {
    await allowed(id, path, call);
    return desk.withFiles(id, (vmId) => host.listFiles(vmId, path, call.signal));
  });
  rows.serve(apiRoutes.readFile, async ({ params: { id, "*": path }, reply, ...call }) => {
    await allowed(id, path, call);
    const { headers, body } = await desk.withFiles(id, (vmId) => host.readFile(vmId, path, call.signal));
    const held = parts.activity.hold(id);
    reply.raw.once("close", () => held[Symbol.dispose]());
    const size = Number(headers.get("content-length"));
    tell(parts, call, { id, act: "read", bytes: size });
    // The same class by specification; only the declarations differ.
    const bytes = body === null ? Readable.from([]) : Readable.fromWeb(body as ReadableStream<Uint8Array>);
    return reply
      .headers({ ...attachment(path), "content-length": size, "content-security-policy": FILE_CSP })
      .send(bytes);
  });
  rows.serve(apiRoutes.writeFile, async ({ params: { id, "*": path }, query, ...call }) => {
    await allowed(id, path, call);
    const announced = call.request.headers["content-length"];
    const size = announced === undefined ? undefined : Number(announced);
    refuseTooLarge(parts, size);
    using body = requestBody(call.request.raw);
    const write = { path, ifExists: query.ifExists, size, body: body.bytes };
    const written = await desk.withFiles(id, (vmId) => host.writeFile(vmId, write, call.signal));
    tell(parts, call, { id, act: "written", bytes: written.size });
    return written;
  });
  rows.serve(apiRoutes.removeFile, async ({ params: { id, "*": path }, ...call }) => {
    await allowed(id, path, call);
    await desk.withFiles(id, (vmId) => host.removeFile(vmId, path, call.signal));
    tell(parts, call, { id, act: "removed" });
    return {};
  });
}

interface Asked {
  readonly id: SessionId;
  readonly path: string;
  readonly principal: Principal | undefined;
}

/** Operators have all of the home; who came by a link has the downloads, as long as it has the control. */
function refuseUnlessAllowed({ viewers }: Parts, { id, path, principal }: Asked): void {
  if (principal && isOperator(principal)) return;
  if (!principal?.canControl || !viewers.hasControl(id, principal.scope))
    throw new BrowserVmError("CONTROL_REFUSED", "files are for operators, and for who has the control");
  if (path !== DOWNLOADS && !path.startsWith(`${DOWNLOADS}/`))
    throw new BrowserVmError("FILE_REFUSED", `a view link reaches ${DOWNLOADS} only`);
}

function refuseTooLarge({ config }: Parts, size: number | undefined): void {
  const limitBytes = config.limits.fileMib * 1024 * 1024;
  if (size !== undefined && size > limitBytes)
    throw new BrowserVmError("FILE_TOO_LARGE", `${size} bytes are more than ${limitBytes}`, { limitBytes });
}

interface Done {
  readonly id: SessionId;
  readonly act: "read" | "written" | "removed";
  readonly bytes?: number;
}

function tell({ log }: Parts, { request, principal }: FileCall, { id, ...done }: Done): void {
  log.info({ sessionId: id, requestId: request.id, caller: principal?.kind, ...done }, "a file moved");
}
