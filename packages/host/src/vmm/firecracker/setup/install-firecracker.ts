import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { request } from "undici";
import { run } from "../../../process/run.ts";
import { UndoStack } from "../../../process/undo-stack.ts";
import { type FirecrackerPrograms, findPrograms } from "../programs.ts";
import type { Release } from "./release.ts";

const DOWNLOAD_MS = 10 * 60_000;
const UNPACK_MS = 60_000;
/** A release has 8 MB. */
const MOST_BYTES = 128 * 1024 * 1024;
const PROGRAMS = ["firecracker", "jailer"] as const;

export interface InstallOptions {
  readonly release: Release;
  /** Directory that gets the two programs. */
  readonly into: string;
  /** A file instead of the download, for machines without internet. */
  readonly archive?: string | undefined;
}

/**
 * Installs Firecracker and its jailer from their release, once the archive is proven to be the expected one; what was
 * installed before stays until then. DOWNLOAD_FAILED, DOWNLOAD_ALTERED, BAD_REQUEST (no such file), VMM_UNSUPPORTED.
 */
export async function installFirecracker(
  progress: Progress,
  { release, into, archive }: InstallOptions,
): Promise<FirecrackerPrograms> {
  progress.step("download");
  const content = archive === undefined ? await download(progress, release) : await readArchive(archive);
  const sha256 = createHash("sha256").update(content).digest("hex");
  if (sha256 !== release.sha256) {
    const { url, page } = release;
    throw new BrowserVmError(
      "DOWNLOAD_ALTERED",
      `the archive has the SHA-256 ${sha256}, not ${release.sha256}`,
      { url, page, sha256, expected: release.sha256 },
    );
  }
  progress.step("install");
  await using undo = new UndoStack();
  const staging = join(into, ".staging");
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o755 });
  undo.defer(() => rm(staging, { recursive: true, force: true }));
  await unpack(progress, { content, release, staging });
  const settings = {
    firecracker: join(staging, "firecracker"),
    jailer: join(staging, "jailer"),
    installed: into,
  };
  await findPrograms(settings); // runs them: an archive of another processor is refused here
  for (const name of PROGRAMS) await rename(join(staging, name), join(into, name));
  return findPrograms({
    firecracker: join(into, "firecracker"),
    jailer: join(into, "jailer"),
    installed: into,
  });
}

async function download({ signal }: Progress, { url, page }: Release): Promise<Buffer> {
  try {
    let from = url;
    // GitHub sends to its storage; two hops are one more than it needs.
    for (let hops = 0; hops < 3; hops++) {
      const { statusCode, headers, body } = await request(from, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_MS)]),
      });
      if (statusCode === 200) return Buffer.from(await limited(body));
      await body.dump();
      const { location } = headers;
      if (statusCode < 300 || statusCode > 399 || typeof location !== "string")
        throw new Error(`the server answered ${statusCode}`);
      from = new URL(location, from).href;
    }
    throw new Error("the server sends from one place to the next");
  } catch (cause) {
    signal.throwIfAborted();
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new BrowserVmError("DOWNLOAD_FAILED", `${url}: ${words}`, { url, page }, { cause });
  }
}

async function limited(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`the file has more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const readArchive = (path: string): Promise<Buffer> =>
  readFile(path).catch((cause: unknown) => {
    throw new BrowserVmError("BAD_REQUEST", `the archive ${path} cannot be read`, { path }, { cause });
  });

interface Unpacking {
  readonly content: Buffer;
  readonly release: Release;
  readonly staging: string;
}

/** Takes the two programs out of the archive, and nothing else. */
async function unpack(progress: Progress, { content, release, staging }: Unpacking): Promise<void> {
  const { version, arch } = release;
  const archive = join(staging, "release.tgz");
  await writeFile(archive, content);
  const inside = (name: string) => `release-v${version}-${arch}/${name}-v${version}-${arch}`;
  const names = PROGRAMS.map(inside);
  await run("tar", ["-xzf", archive, "-C", staging, "--no-same-owner", "--", ...names], {
    signal: progress.signal,
    timeoutMs: UNPACK_MS,
  });
  for (const name of PROGRAMS) {
    await rename(join(staging, inside(name)), join(staging, name));
    await chmod(join(staging, name), 0o755);
  }
}
