import { z } from "zod";

const Entry = z.object({
  /** A workspace, which lies where `resolved` says. */
  link: z.boolean().optional(),
  resolved: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});

/** The part of package-lock.json that says which package lies where. */
export const Lockfile = z.object({ packages: z.record(z.string(), Entry) });
export type Lockfile = z.infer<typeof Lockfile>;

/** Places (`node_modules/…`) of everything that these workspaces need to run, themselves included. */
export function productionClosure({ packages }: Lockfile, workspaces: readonly string[]): string[] {
  const found = new Set<string>();
  const open = workspaces.map((name) => `packages/${name}`);
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const entry = packages[place];
    if (!entry) continue;
    if (entry.link) {
      if (entry.resolved) open.push(entry.resolved);
      continue;
    }
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const at = resolvePlace(packages, place, name);
      if (at === undefined || found.has(at)) continue;
      found.add(at);
      open.push(at);
    }
  }
  return [...found].toSorted();
}

/** Names of the workspaces that these need to run, themselves included. */
export function workspacesOf(lock: Lockfile, programs: readonly string[]): string[] {
  const needed = productionClosure(lock, programs).flatMap((place) => {
    const { link, resolved } = lock.packages[place] ?? {};
    return link && resolved ? [resolved.replace("packages/", "")] : [];
  });
  return [...new Set([...programs, ...needed])].toSorted();
}

/** Node's look-up: beside the package, then in every node_modules above it. */
function resolvePlace(packages: Lockfile["packages"], place: string, name: string): string | undefined {
  for (let at = place; ; at = parentOf(at)) {
    const candidate = at ? `${at}/node_modules/${name}` : `node_modules/${name}`;
    if (packages[candidate]) return candidate;
    if (!at) return undefined;
  }
}

/** `a/node_modules/b` → `a`; a place without parent → the root. */
function parentOf(place: string): string {
  const at = place.lastIndexOf("/node_modules/");
  return at < 0 ? "" : place.slice(0, at);
}
