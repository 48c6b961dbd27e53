import { createHash } from "node:crypto";
import { BrowserVmError, type Config, GUEST_PATHS } from "@browservm/contract";
import { kernelCommandLine } from "./command-line.ts";
import { guestFile } from "./guest-file.ts";
import { kernelModules } from "./kernel-modules.ts";
import { maskedGenerators } from "./masked-units.ts";
import { type NodeRuntime, nodeRuntimes } from "./node-runtimes.ts";
import type { Arch, EnabledUnit, Recipe, RecipeFile, RegistryPackage } from "./recipe.ts";
import { recipeNamed } from "./recipes.ts";
import { type PackageSource, type Suite, suiteNamed } from "./suites.ts";

/** Changed when the builder itself makes something else of the same recipe. */
const BUILDER_VERSION = 1;

/** Everything concrete that a build needs, and nothing that depends on the moment. */
export interface ResolvedRecipe {
  readonly name: string;
  readonly suite: string;
  readonly arch: Arch;
  /** Complete `deb` lines of sources.list(5). */
  readonly sources: readonly string[];
  readonly keyrings: ReadonlyArray<PackageSource["keyring"]>;
  /** apt_preferences(5), or empty. */
  readonly pin: string;
  readonly packages: readonly string[];
  readonly kernel: { readonly packages: readonly string[]; readonly modules: typeof kernelModules };
  /** Absent: the image has no browser. */
  readonly browser?: { readonly executable: string };
  readonly files: readonly RecipeFile[];
  readonly links: ReadonlyArray<{ readonly path: string; readonly target: string }>;
  readonly prepare: ReadonlyArray<readonly string[]>;
  readonly customize: string;
  readonly init: string;
  readonly node: NodeRuntime;
  /** Absent: the image has no npm. */
  readonly npm?: RegistryPackage;
  readonly commandLine: string;
  readonly defaults: Recipe["defaults"];
  readonly buildMib: number;
  /** Key of the part that mmdebstrap makes: packages and all that is done inside the tree. 16 hex digits. */
  readonly treeKey: string;
  /** Key of the read-only disk, the kernel and its modules: the tree with the recipe's own files. 16 hex digits. */
  readonly baseKey: string;
  /** Key of everything but the agent. 16 hex digits. */
  readonly recipeKey: string;
}

interface Question {
  readonly recipe: string;
  readonly suite: string;
  readonly arch: Arch;
  readonly config: Pick<Config, "image">;
}

/** Makes a recipe concrete. RECIPE_NOT_FOUND, RECIPE_INVALID. */
export function resolveRecipe({ recipe: name, suite: suiteName, arch, config }: Question): ResolvedRecipe {
  const recipe = recipeNamed(name);
  const suite = suiteNamed(suiteName);
  const sources = [...suite.sources, ...(recipe.hasBrowser ? suite.browser.sources : [])];
  const tree = {
    suite: suite.name,
    arch,
    archives: sources.map(({ archive, suite: release, components }) => [archive, release, ...components]),
    pin: recipe.hasBrowser ? suite.browser.pin : "",
    packages: packagesOf(recipe, suite),
    kernel: suite.kernel[arch],
    prepare: recipe.prepare,
    customize: guestFile("customize.sh"),
  };
  const base = {
    tree,
    files: recipe.files,
    links: linksOf(recipe),
    modules: kernelModules,
    node: nodeRuntimes[arch],
    ...(recipe.npm ? { npm: recipe.npm } : {}),
  };
  const rest = {
    name: recipe.name,
    init: guestFile("init"),
    commandLine: kernelCommandLine(arch),
    defaults: recipe.defaults,
  };
  return {
    ...rest,
    files: base.files,
    links: base.links,
    node: base.node,
    ...(recipe.npm ? { npm: recipe.npm } : {}),
    suite: suite.name,
    arch,
    sources: sources.map((source) => debLine(source, suite, arch, config)),
    keyrings: sources.map(({ keyring }) => keyring),
    pin: tree.pin,
    packages: tree.packages,
    kernel: { packages: tree.kernel, modules: kernelModules },
    ...(recipe.hasBrowser ? { browser: { executable: suite.browser.executable } } : {}),
    prepare: tree.prepare,
    customize: tree.customize,
    buildMib: recipe.buildMib,
    treeKey: keyOf({ version: BUILDER_VERSION, tree }),
    baseKey: keyOf({ version: BUILDER_VERSION, base }),
    recipeKey: keyOf({ version: BUILDER_VERSION, base, rest }),
  };
}

/** The id of the image that this recipe and these programs make, e.g. "browser-bookworm-0123456789abcdef". */
export function imageIdOf(resolved: ResolvedRecipe, agentSha256: string, mediaSha256?: string): string {
  const key = keyOf({ recipe: resolved.recipeKey, agent: agentSha256, media: mediaSha256 });
  return `${resolved.name}-${resolved.suite}-${key}`;
}

/** This machine's architecture in Debian's words. RECIPE_INVALID where no image can be built. */
export function hostArch(arch: string = process.arch): Arch {
  if (arch === "x64") return "amd64";
  if (arch === "arm64") return "arm64";
  throw new BrowserVmError("RECIPE_INVALID", `there are no images for the architecture ${arch}`, { arch });
}

function packagesOf(recipe: Recipe, suite: Suite): readonly string[] {
  const browser = recipe.hasBrowser ? suite.browser.packages : [];
  return [...new Set([...recipe.packages, ...browser])].sort();
}

function debLine(source: PackageSource, suite: Suite, arch: Arch, { image }: Pick<Config, "image">): string {
  const configured = {
    main: image.mirror,
    security: image.securityMirror,
    debian: "",
    "debian-security": "",
  };
  const address = configured[source.archive] || suite.archives[arch][source.archive];
  return `deb [signed-by=${source.keyring.file}] ${address} ${source.suite} ${source.components.join(" ")}`;
}

function linksOf({ enable, mask, npm }: Recipe): ResolvedRecipe["links"] {
  const systemd = "/etc/systemd/system";
  const unitFile = ({ unit }: EnabledUnit) =>
    unit.startsWith("browservm-") ? `${systemd}/${unit}` : `/usr/lib/systemd/system/${unit}`;
  return [
    { path: `${systemd}/default.target`, target: "/usr/lib/systemd/system/multi-user.target" },
    ...enable.map((entry) => ({
      path: `${systemd}/${entry.wantedBy}.wants/${entry.unit}`,
      target: unitFile(entry),
    })),
    ...mask.map((unit) => ({ path: `${systemd}/${unit}`, target: "/dev/null" })),
    ...maskedGenerators.map((name) => ({
      path: `/etc/systemd/system-generators/${name}`,
      target: "/dev/null",
    })),
    { path: "/usr/local/bin/node", target: GUEST_PATHS.node },
    ...(npm ? ["npm", "npx"] : []).map((name) => ({
      path: `/usr/local/bin/${name}`,
      target: `${GUEST_PATHS.npm}/bin/${name}-cli.js`,
    })),
  ];
}

function keyOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
