import { BrowserVmError } from "@browservm/contract";

interface Question {
  /** Content of modules.dep (depmod(8)). */
  readonly dependencies: string;
  /** Content of modules.builtin. */
  readonly builtin: string;
  readonly needed: readonly string[];
  readonly wanted: readonly string[];
}

/**
 * The files of the modules to load, each after those that it needs, without those that the kernel has built in.
 * RECIPE_INVALID names a needed module that the kernel does not have at all.
 */
export function moduleOrder({ dependencies, builtin, needed, wanted }: Question): readonly string[] {
  const files = new Map<string, { readonly path: string; readonly needs: readonly string[] }>();
  for (const line of dependencies.split("\n")) {
    const [path = "", needs = ""] = line.split(":");
    if (path) files.set(nameOf(path), { path, needs: needs.split(" ").filter(Boolean).map(nameOf) });
  }
  const inKernel = new Set(builtin.split("\n").map(nameOf));
  const ordered = new Map<string, string>();
  const visit = (name: string, isNeeded: boolean) => {
    if (ordered.has(name) || inKernel.has(name)) return;
    const found = files.get(name);
    if (!found) {
      if (isNeeded) throw missing(name);
      return;
    }
    for (const dependency of found.needs) visit(dependency, true);
    ordered.set(name, found.path);
  };
  for (const name of needed) visit(name, true);
  for (const name of wanted) visit(name, false);
  return [...ordered.values()];
}

/** "kernel/fs/erofs/erofs.ko.xz" → "erofs"; dashes and underscores are one in module names. */
const nameOf = (path: string): string =>
  (path.split("/").at(-1) ?? "").replace(/\.ko(\.\w+)?$/, "").replaceAll("-", "_");

const missing = (name: string) =>
  new BrowserVmError("RECIPE_INVALID", `the recipe's kernel has no module ${name}`, { module: name });
