import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { BrowserVmError, GUEST_PATHS } from "@browservm/contract";
import { build, type Plugin } from "esbuild";
import { guestFile } from "./recipes/guest-file.ts";
import type { Arch } from "./recipes/recipe.ts";

/** The guest's agent, each of its programs as one file, and their SHA-256, which is part of an image's identity. */
export interface AgentBundle {
  readonly code: Uint8Array;
  /** What it starts for each file that goes in or out. */
  readonly fileWorker: Uint8Array;
  /** What it starts for each job of a sign-in. */
  readonly signinWorker: Uint8Array;
  readonly sha256: string;
}

/** The guest's media helper as one file, the native part that lies beside it, and the SHA-256 of both. */
export interface MediaBundle {
  readonly code: Uint8Array;
  readonly sha256: string;
  readonly native: Uint8Array;
}

const GUEST_AGENT = join(import.meta.dirname, "../../../guest-agent/src");
const AGENT_ENTRY = join(GUEST_AGENT, "main.ts");
const FILE_WORKER_ENTRY = join(GUEST_AGENT, "files/home/file-worker.ts");
const SIGNIN_WORKER_ENTRY = join(GUEST_AGENT, "signin/worker/main.ts");
const MEDIA_ENTRY = join(GUEST_AGENT, "media/main.ts");
/** Stands for a browser where a tool signs in. */
export const OPEN_URL = guestFile("open-url.sh");
/** How koffi names its platforms: by Node's word for the processor. */
const KOFFI_ARCH: Readonly<Record<Arch, string>> = { amd64: "x64", arm64: "arm64" };

/**
 * Node's own modules are taken when the code that wants them runs. As imports, esbuild would put them at the top of the
 * file, where Node loads all of each (`node:http` brings its fetch and WebSocket): 50 ms natively, a second emulated.
 */
const lateBuiltins: Plugin = {
  name: "late-builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: "builtin" }));
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }));
  },
};

/** The FFI library is its native part alone, found beside the file; the rest of it would look for that elsewhere. */
const koffiBeside: Plugin = {
  name: "koffi-beside",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^koffi$/ }, ({ path }) => ({ path, namespace: "koffi" }));
    onLoad({ filter: /.*/, namespace: "koffi" }, () => ({
      contents: `export default __createRequire(import.meta.url)("./${basename(GUEST_PATHS.mediaNative)}")`,
    }));
  },
};

/** Bundles the agent with all that it imports; the guest's Node needs nothing beside it. RECIPE_INVALID. */
export async function bundleAgent(entry: string = AGENT_ENTRY): Promise<AgentBundle> {
  const [code, fileWorker, signinWorker] = await Promise.all([
    bundle(entry, "the guest agent", [lateBuiltins]),
    bundle(FILE_WORKER_ENTRY, "the guest's file worker", [lateBuiltins]),
    bundle(SIGNIN_WORKER_ENTRY, "the guest's sign-in worker", [lateBuiltins]),
  ]);
  const sha256 = createHash("sha256").update(code).update(fileWorker).update(signinWorker);
  return { code, fileWorker, signinWorker, sha256: sha256.update(OPEN_URL).digest("hex") };
}

/** Bundles the media helper for guests of that architecture. RECIPE_INVALID. */
export async function bundleMedia(arch: Arch): Promise<MediaBundle> {
  const code = await bundle(MEDIA_ENTRY, "the guest's media helper", [lateBuiltins, koffiBeside]);
  const native = await koffiNative(arch);
  return { code, native, sha256: createHash("sha256").update(code).update(native).digest("hex") };
}

async function koffiNative(arch: Arch): Promise<Uint8Array> {
  const name = `koffi-linux-${KOFFI_ARCH[arch]}`;
  try {
    const koffi = createRequire(import.meta.url).resolve("koffi");
    const loader = createRequire(koffi).resolve(`@koromix/${name}`);
    return await readFile(join(dirname(loader), `linux_${KOFFI_ARCH[arch]}/koffi.node`));
  } catch (error) {
    throw new BrowserVmError(
      "RECIPE_INVALID",
      `@koromix/${name} is not installed`,
      { arch },
      { cause: error },
    );
  }
}

async function bundle(entry: string, what: string, plugins: Plugin[]): Promise<Uint8Array> {
  if (!existsSync(entry))
    throw new BrowserVmError("RECIPE_INVALID", `${what}'s source is missing: ${entry}`, { path: entry });
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "node",
    target: "node24",
    format: "esm",
    // Smaller is read faster in an emulated CPU; names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    plugins,
    // Packages written for CommonJS call require() for Node's own modules.
    banner: {
      js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
    },
    logLevel: "silent",
  }).catch((error: unknown) => {
    const words = error instanceof Error ? error.message : String(error);
    throw new BrowserVmError("RECIPE_INVALID", `${what} cannot be bundled: ${words}`, { path: entry });
  });
  const code = outputFiles[0]?.contents;
  if (!code) throw new Error("esbuild made no output");
  return code;
}
