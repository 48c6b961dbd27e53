import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { BrowserVmError, GUEST_PATHS, type Progress } from "@browservm/contract";
import { run } from "../../process/run.ts";
import { type AgentBundle, type MediaBundle, OPEN_URL } from "../agent-bundle.ts";
import { type CpioEntry, encodeCpio } from "../boot/cpio.ts";
import { encodePayload } from "../boot/write-initrd.ts";
import type { ResolvedRecipe } from "../recipes/resolve-recipe.ts";
import { moduleOrder } from "./module-order.ts";

const APPLETS = ["sh", "mount", "umount", "insmod", "mkdir", "cp", "rm", "sleep", "switch_root", "reboot"];
const DIRECTORIES = ["bin", "dev", "proc", "sys", "base", "over", "root", "modules"];

/** The part of the initramfs that comes from the distribution: busybox and the kernel's modules. */
export async function toolsArchive(
  progress: Progress,
  resolved: ResolvedRecipe,
  { root, scratch }: { readonly root: string; readonly scratch: string },
): Promise<Buffer> {
  const busybox = await readFile(join(root, "usr/bin/busybox")).catch(() =>
    readFile(join(root, "bin/busybox")),
  );
  return encodeCpio([
    ...DIRECTORIES.map((path): CpioEntry => ({ kind: "directory", path, mode: 0o755 })),
    // The kernel opens it for init before anything is mounted.
    { kind: "device", path: "dev/console", mode: 0o600, device: [5, 1] },
    { kind: "file", path: "bin/busybox", mode: 0o755, content: busybox },
    ...APPLETS.map((name): CpioEntry => ({ kind: "link", path: `bin/${name}`, target: "busybox" })),
    ...(await moduleEntries(progress, resolved, { root, scratch })),
  ]);
}

async function moduleEntries(
  progress: Progress,
  { kernel }: ResolvedRecipe,
  { root, scratch }: { readonly root: string; readonly scratch: string },
): Promise<CpioEntry[]> {
  const [version, ...others] = await readdir(join(root, "usr/lib/modules"));
  if (version === undefined || others.length > 0)
    throw new Error("a tree must hold the modules of one kernel");
  const directory = join(root, "usr/lib/modules", version);
  const [dependencies, builtin] = await Promise.all([
    readFile(join(directory, "modules.dep"), "utf8"),
    readFile(join(directory, "modules.builtin"), "utf8"),
  ]);
  const order = moduleOrder({ dependencies, builtin, ...kernel.modules });
  await mkdir(scratch, { recursive: true });
  const entries: CpioEntry[] = [];
  for (const [index, path] of order.entries()) {
    const content = await readModule(progress, join(directory, path), scratch);
    const name = basename(path).replace(/\.ko.*$/, ".ko");
    // Our init loads them in the order of their names.
    entries.push({
      kind: "file",
      path: `modules/${String(index).padStart(2, "0")}-${name}`,
      mode: 0o644,
      content,
    });
  }
  return entries;
}

/** A module as the kernel takes it: Debian packs them with xz since trixie, Ubuntu with zstd since noble. */
async function readModule(progress: Progress, path: string, scratch: string): Promise<Uint8Array> {
  if (path.endsWith(".ko")) return readFile(path);
  if (path.endsWith(".zst")) return zstdDecompressSync(await readFile(path));
  if (path.endsWith(".gz")) return gunzipSync(await readFile(path));
  if (!path.endsWith(".xz"))
    throw new BrowserVmError("RECIPE_INVALID", `${basename(path)} is packed in an unknown way`, { path });
  const copy = join(scratch, basename(path));
  await copyFile(path, copy);
  await run("xz", ["-d", "-f", copy], { signal: progress.signal });
  return readFile(copy.slice(0, -".xz".length));
}

/** The part of the initramfs that is ours: init, the guest's programs, and what the image says of itself. */
export function ourArchive({ resolved, id, agent, media }: OurParts): Buffer {
  const { name, suite, arch, init, browser, node } = resolved;
  const info = {
    id,
    name,
    suite,
    arch,
    hasBrowser: browser !== undefined,
    browser: browser?.executable ?? null,
    node: node.version,
    agentSha256: agent.sha256,
  };
  return encodePayload(
    "image",
    [
      { path: GUEST_PATHS.agent, mode: 0o644, content: agent.code },
      { path: GUEST_PATHS.fileWorker, mode: 0o644, content: agent.fileWorker },
      { path: GUEST_PATHS.signinWorker, mode: 0o644, content: agent.signinWorker },
      ...shims(),
      ...(media ? mediaFiles(media) : []),
      { path: GUEST_PATHS.imageInfo, mode: 0o644, content: Buffer.from(`${JSON.stringify(info)}\n`) },
    ],
    [{ kind: "file", path: "init", mode: 0o755, content: Buffer.from(init) }],
  );
}

export interface OurParts {
  readonly resolved: ResolvedRecipe;
  readonly id: string;
  readonly agent: AgentBundle;
  /** Absent in images without a browser. */
  readonly media: MediaBundle | undefined;
}

/** The names by which tools look for a browser, beside `$BROWSER`. */
const BROWSERS = ["xdg-open", "sensible-browser", "x-www-browser", "www-browser", "gnome-open"];
const shims = () =>
  BROWSERS.map((name) => ({
    path: `${GUEST_PATHS.signinShims}/${name}`,
    mode: 0o755,
    content: Buffer.from(OPEN_URL),
  }));

const mediaFiles = ({ code, native }: MediaBundle) => [
  { path: GUEST_PATHS.media, mode: 0o644, content: code },
  { path: GUEST_PATHS.mediaNative, mode: 0o644, content: native },
];
