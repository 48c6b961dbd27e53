import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as WebStream } from "node:stream/web";
import { BrowserVmError, type IfExists, isBrowserVmError } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { type CopyPlace, intoPlace, parsePlace } from "./copy-place.ts";
import { countBytes } from "./count-bytes.ts";

type SessionPlace = Extract<CopyPlace, { kind: "session" }>;

/** `browservm cp`: a file into a session, or out of one. BAD_REQUEST unless exactly one end is a session's. */
export async function copyFile(
  context: CliContext,
  from: string,
  to: string,
  ifExists: IfExists,
): Promise<void> {
  const [source, target] = [parsePlace(from), parsePlace(to)];
  if (source.kind === "local" && target.kind === "session")
    return upload(context, source.path, target, ifExists);
  if (source.kind === "session" && target.kind === "local") return download(context, source, target.path);
  throw new BrowserVmError("BAD_REQUEST", "one end of the copy must be ses_…:PATH, the other a file here");
}

async function upload(
  context: CliContext,
  from: string,
  to: SessionPlace,
  ifExists: IfExists,
): Promise<void> {
  const { signal, output } = context;
  const isStdin = from === "-";
  const path = intoPlace(to.path, isStdin ? "stdin" : basename(from));
  const size = isStdin ? undefined : await sizeOf(from);
  const source = isStdin ? process.stdin : createReadStream(from);
  const counted = countBytes(source, { output, total: size });
  const bytes = Readable.toWeb(counted) as unknown as ReadableStream<Uint8Array>;
  const options = { ifExists, signal, ...(size === undefined ? {} : { size }) };
  const written = await context.client().sessions.files(to.id).write(path, bytes, options);
  output.transient("");
  output.print(written, `${to.id}:${written.path} (${written.size} bytes)`);
}

async function download(context: CliContext, from: SessionPlace, to: string): Promise<void> {
  const { signal, output } = context;
  const { size, body } = await context.client().sessions.files(from.id).read(from.path, { signal });
  // The same class by specification; only the declarations differ.
  const source = countBytes(Readable.fromWeb(body as WebStream<Uint8Array>), { output, total: size });
  if (to === "-") return pipeline(source, process.stdout, { end: false });
  const path = await localTarget(to, basename(from.path));
  await saveWhole(source, path);
  output.transient("");
  output.print({ path, size }, `${path} (${size} bytes)`);
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((cause: Error) => {
    throw new BrowserVmError("BAD_REQUEST", cause.message, { path }, { cause });
  });
  if (!found.isFile()) throw new BrowserVmError("BAD_REQUEST", `${path} is no plain file`, { path });
  return found.size;
}

/** A directory takes the file under its own name. */
async function localTarget(to: string, name: string): Promise<string> {
  const path = resolve(to);
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => to.endsWith("/"),
  );
  return isDirectory ? join(path, name) : path;
}

/** Whole or not at all. OUTPUT_NOT_WRITTEN. */
async function saveWhole(source: Readable, path: string): Promise<void> {
  // Under a name that nobody knows before: in a directory of many, a link may wait at one that can be guessed.
  const half = `${path}.${randomBytes(8).toString("hex")}.half`;
  const file = await open(half, "wx", 0o600).catch((cause: Error) => {
    throw new BrowserVmError("OUTPUT_NOT_WRITTEN", cause.message, { path }, { cause });
  });
  try {
    await pipeline(source, file.createWriteStream());
    await rename(half, path);
  } catch (error) {
    await rm(half, { force: true });
    if (isBrowserVmError(error)) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw new BrowserVmError("OUTPUT_NOT_WRITTEN", `it broke off: ${words}`, { path }, { cause: error });
  }
}
