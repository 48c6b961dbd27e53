import { BrowserVmError, homePathFault, SessionId } from "@browservm/contract";

/** One end of a copy: a file of this machine (`-`: our stdin or stdout), or one of a session. */
export type CopyPlace =
  | { readonly kind: "local"; readonly path: string }
  | { readonly kind: "session"; readonly id: SessionId; readonly path: string };

const HOME = /^\/home\/browser(?:\/|$)/;

/** What `ses_…:PATH`, a path or `-` means. BAD_REQUEST. */
export function parsePlace(text: string): CopyPlace {
  const at = text.indexOf(":");
  const id = SessionId.safeParse(text.slice(0, Math.max(0, at)));
  if (!id.success) return { kind: "local", path: text };
  return { kind: "session", id: id.data, path: sessionPath(text.slice(at + 1)) };
}

/** A path below the home; the home's own absolute name, and a slash at the end of a directory's, are left out. */
export function sessionPath(text: string): string {
  const path = text.replace(HOME, "");
  const plain = path.endsWith("/") ? path.slice(0, -1) : path;
  const fault = plain === "" ? undefined : homePathFault(plain);
  if (fault) throw new BrowserVmError("BAD_REQUEST", `${text}: ${fault}`, { path: text });
  return path;
}

/** Where a file named `name` goes: into a place that is a directory (it ends in a slash or is empty), or as it says. */
export const intoPlace = (path: string, name: string): string =>
  path === "" || path.endsWith("/") ? `${path}${name}` : path;
