import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Config, Progress } from "@browservm/contract";
import { CHECKOUT, PROGRAMS } from "./checkout.ts";
import { hashFiles, sourceFiles } from "./hash-tree.ts";
import { upPlaces } from "./places.ts";
import { Lockfile, productionClosure, workspacesOf } from "./production-closure.ts";
import type { WebBuild } from "./web-build.ts";

const KEPT_RELEASES = 2;

/** Copies what runs into the state directory, so that services never read a person's checkout. Answers its path. */
export async function installRelease(progress: Progress, config: Config, web: WebBuild): Promise<string> {
  const lockText = await readFile(join(CHECKOUT, "package-lock.json"), "utf8");
  const lock = Lockfile.parse(JSON.parse(lockText));
  const sources = (
    await Promise.all(
      workspacesOf(lock, PROGRAMS).map((name) => sourceFiles(join(CHECKOUT, "packages", name))),
    )
  ).flat();
  const id = await hashFiles(CHECKOUT, sources, `${web.id} ${process.version} ${lockText}`);
  const { releases } = upPlaces(config);
  const target = join(releases, id);
  if (existsSync(target)) return target;
  progress.step("release");
  await removeStaging(releases);
  const staging = await mkdtemp(join(releases, ".staging-"));
  for (const file of sources) await copyInto(staging, file);
  for (const place of productionClosure(lock, PROGRAMS)) await installPackage(staging, place);
  await cp(web.standalone, join(staging, "web"), { recursive: true, verbatimSymlinks: true });
  await openToAll(staging);
  await rename(staging, target);
  await removeOldReleases(releases, id);
  return target;
}

async function copyInto(staging: string, file: string): Promise<void> {
  const target = join(staging, relative(CHECKOUT, file));
  await mkdir(dirname(target), { recursive: true });
  await cp(file, target);
}

/** A package of ours becomes a link into the release, any other a copy. Absent = not for this platform. */
async function installPackage(staging: string, place: string): Promise<void> {
  const source = join(CHECKOUT, place);
  const target = join(staging, place);
  if (!existsSync(source)) return;
  await mkdir(dirname(target), { recursive: true });
  const own = /^node_modules\/@browservm\/(.+)$/.exec(place)?.[1];
  if (own) await symlink(`../../packages/${own}`, target);
  else await cp(source, target, { recursive: true, verbatimSymlinks: true, filter: isNotNested(source) });
}

/** Packages inside a package have their own place in the list, if they are needed. */
const isNotNested = (source: string) => (path: string) => !relative(source, path).startsWith("node_modules");

/** Readable for everybody whatever the umask was; writable for root only. */
async function openToAll(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  await chmod(path, 0o755);
  for (const entry of entries) {
    if (entry.isSymbolicLink()) continue;
    const file = join(entry.parentPath, entry.name);
    const isProgram = entry.isDirectory() || ((await stat(file)).mode & 0o100) !== 0;
    await chmod(file, isProgram ? 0o755 : 0o644);
  }
}

async function removeStaging(releases: string): Promise<void> {
  const left = (await readdir(releases)).filter((name) => name.startsWith(".staging-"));
  await Promise.all(left.map((name) => rm(join(releases, name), { recursive: true, force: true })));
}

/** The newest stay: a process that still runs from one may load a file late. */
async function removeOldReleases(releases: string, current: string): Promise<void> {
  const others = (await readdir(releases)).filter((name) => name !== current && !name.startsWith("."));
  const dated = await Promise.all(
    others.map(async (name) => ({ name, at: (await stat(join(releases, name))).mtimeMs })),
  );
  const old = dated.toSorted((a, b) => b.at - a.at).slice(KEPT_RELEASES - 1);
  await Promise.all(old.map(({ name }) => rm(join(releases, name), { recursive: true, force: true })));
}
