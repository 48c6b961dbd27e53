import { access, constants, mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError, isBrowserVmError, type Progress } from "@browservm/contract";
import { run } from "../../process/run.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import type { ResolvedRecipe } from "../recipes/resolve-recipe.ts";
import { mmdebstrapNotes } from "./mmdebstrap-progress.ts";
import { removeTree } from "./remove-tree.ts";

/** A distribution's tree as packages make it, without our files, and its kernel. Kept to be used again. */
export interface Tree {
  readonly root: string;
  readonly kernel: string;
}

const BUILD_MS = 60 * 60_000;
/** What a browser VM has no reader for. Licences stay. */
const DPKG_OPTIONS = [
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/info/*",
  "path-exclude=/usr/share/locale/*",
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
];
const LOG_LINES = 40;

/** The tree of a recipe, from the cache where it was made before. IMAGE_BUILD_FAILED, TOOL_MISSING, DISK_FULL. */
export async function buildTree(progress: Progress, resolved: ResolvedRecipe, cache: string): Promise<Tree> {
  const home = join(cache, `tree-${resolved.name}-${resolved.suite}-${resolved.treeKey}`);
  const tree = { root: join(home, "root"), kernel: join(home, "kernel") };
  if (await exists(tree.kernel)) return tree;
  await requireKeyrings(resolved);

  const staging = join(cache, `.staging-tree-${resolved.treeKey}`);
  await using undo = new UndoStack();
  await mkdir(staging, { mode: 0o700 });
  undo.defer(() => removeTree(staging));
  const root = join(staging, "root");
  await debootstrap(progress, resolved, staging);
  if (resolved.browser) await requireBrowser(root, resolved.browser.executable);
  await rename(join(root, "vmlinuz.browservm"), join(staging, "kernel"));
  await rename(staging, home);
  undo.keep();
  return tree;
}

async function debootstrap(progress: Progress, resolved: ResolvedRecipe, staging: string): Promise<void> {
  const customize = join(staging, "customize.sh");
  const pin = join(staging, "pin");
  await writeFile(customize, resolved.customize);
  await writeFile(pin, resolved.pin);
  const tail: string[] = [];
  const tell = mmdebstrapNotes(progress);
  const onLine = (line: string) => {
    tail.push(line);
    if (tail.length > LOG_LINES) tail.shift();
    tell(line);
  };
  const [file = "", ...args] = [
    ...CONFINED,
    "mmdebstrap",
    ...mmdebstrapArguments(resolved, join(staging, "root")),
  ];
  try {
    await run(file, args, {
      signal: progress.signal,
      timeoutMs: BUILD_MS,
      onLine,
      env: {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        LC_ALL: "C.UTF-8",
        HOME: "/root",
        DEBIAN_FRONTEND: "noninteractive",
        CUSTOMIZE: customize,
        PIN: pin,
        KERNEL_PACKAGES: resolved.kernel.packages.join(" "),
        PREPARE: resolved.prepare.map((command) => command.join(" ")).join("\n"),
      },
    });
  } catch (error) {
    if (!isBrowserVmError(error, "COMMAND_FAILED")) throw error;
    const missing = tail.some((line) => /failed to execute mmdebstrap|mmdebstrap: No such file/.test(line));
    if (missing)
      throw new BrowserVmError("TOOL_MISSING", "mmdebstrap is not installed", {
        tool: "mmdebstrap",
        package: "mmdebstrap",
      });
    const words = tail.findLast((line) => line.startsWith("E: ")) ?? "mmdebstrap failed";
    throw new BrowserVmError("IMAGE_BUILD_FAILED", words, { log: tail }, { cause: error });
  }
}

/**
 * mmdebstrap mounts /proc, /sys and /dev into the tree. In a mount and pid namespace of its own that dies with us
 * (prctl PR_SET_PDEATHSIG), nothing of it stays mounted or running, however we end.
 */
const CONFINED = [
  "setpriv",
  "--pdeathsig",
  "KILL",
  "--",
  "unshare",
  "--mount",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
  "--",
];

function mmdebstrapArguments(resolved: ResolvedRecipe, root: string): string[] {
  const preferences = '"$1"/etc/apt/preferences.d';
  return [
    "--verbose",
    "--mode=root",
    "--variant=minbase",
    `--architectures=${resolved.arch}`,
    `--include=${resolved.packages.join(",")}`,
    ...DPKG_OPTIONS.map((option) => `--dpkgopt=${option}`),
    '--aptopt=Apt::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Acquire::Retries "3"',
    ...(resolved.pin === ""
      ? []
      : [`--setup-hook=mkdir -p ${preferences} && cp "$PIN" ${preferences}/browservm`]),
    '--customize-hook=sh "$CUSTOMIZE" "$1"',
    resolved.suite,
    root,
    ...resolved.sources,
  ];
}

async function requireKeyrings(resolved: ResolvedRecipe): Promise<void> {
  for (const keyring of resolved.keyrings) {
    if (await exists(keyring.file)) continue;
    throw new BrowserVmError("TOOL_MISSING", `${keyring.file} is not installed`, {
      tool: keyring.file,
      package: keyring.package,
    });
  }
}

/** IMAGE_BUILD_FAILED unless the browser is a program of its own: a snap stub is a script, or not there at all. */
export async function requireBrowser(root: string, executable: string): Promise<void> {
  const path = join(root, executable);
  const refuse = (why: string) =>
    new BrowserVmError("IMAGE_BUILD_FAILED", `the image's browser ${executable} ${why}`, {
      log: [],
      path: executable,
    });
  await access(path, constants.X_OK).catch(() => {
    throw refuse("is missing or cannot be executed");
  });
  await using file = await open(path, "r");
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  if (buffer.toString("latin1") === "\x7fELF") return;
  const start = (await readFile(path, "utf8")).slice(0, 2000);
  throw refuse(/snap/.test(start) ? "is the stub of a snap" : "is not a program");
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
