import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { build, type Plugin } from "esbuild";

/** The guest's agent, each of its programs as one file, and their SHA-256, which is part of an image's identity. */
export interface AgentBundle {
  readonly code: Uint8Array;
  /** What it starts for each file that goes in or out. */
  readonly fileWorker: Uint8Array;
  readonly sha256: string;
}

const AGENT = join(import.meta.dirname, "../../../guest-agent/src");
const ENTRY = join(AGENT, "main.ts");
const FILE_WORKER = join(AGENT, "files/home/file-worker.ts");

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

/** Bundles the agent with all that it imports; the guest's Node needs nothing beside it. RECIPE_INVALID. */
export async function bundleAgent(entry: string = ENTRY): Promise<AgentBundle> {
  const [code, fileWorker] = await Promise.all([bundle(entry), bundle(FILE_WORKER)]);
  const sha256 = createHash("sha256").update(code).update(fileWorker).digest("hex");
  return { code, fileWorker, sha256 };
}

async function bundle(entry: string): Promise<Uint8Array> {
  if (!existsSync(entry))
    throw new BrowserVmError("RECIPE_INVALID", `the guest agent's source is missing: ${entry}`, {
      path: entry,
    });
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
    plugins: [lateBuiltins],
    // Packages written for CommonJS call require() for Node's own modules.
    banner: {
      js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
    },
    logLevel: "silent",
  }).catch((error: unknown) => {
    const words = error instanceof Error ? error.message : String(error);
    throw new BrowserVmError("RECIPE_INVALID", `the guest agent cannot be bundled: ${words}`, {
      path: entry,
    });
  });
  const code = outputFiles[0]?.contents;
  if (!code) throw new Error("esbuild made no output");
  return code;
}
