import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Config } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildImage, createOverlay, renderEnvironment } from "../../packages/host/src/image/index.ts";
import { run } from "../../packages/host/src/process/run.ts";

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "image-"));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

/** What a build may leave beside images: its lock, and nothing else. */
async function leftovers(): Promise<string[]> {
  const names = async (directory: string) => readdir(join(stateDir, directory)).catch(() => []);
  return [...(await names("images")), ...(await names("cache"))].filter((name) => name !== ".build-lock");
}

/** Programs whose command line names our state directory, builders themselves aside. */
async function childrenOfBuilds(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")), // it ended meanwhile
  );
  return lines.filter((line) => line.includes(stateDir) && !line.includes("image-builder-process"));
}

async function until(what: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end; ) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("it did not come to pass within 20 s");
}

describe("a build that ends early", () => {
  let silent: Server;
  let builders: ChildProcess[];
  beforeEach(async () => {
    builders = [];
    // A mirror that takes every connection and never answers: a build stays in its longest step.
    silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
  });
  afterEach(async () => {
    for (const builder of builders) builder.kill("SIGKILL");
    await until(async () => (await childrenOfBuilds()).length === 0);
    silent.close();
  });

  function startBuild(mirror = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/debian`) {
    const config = { stateDir, image: { mirror, securityMirror: mirror } };
    const script = join(import.meta.dirname, "image-builder-process.ts");
    const builder = spawn(process.execPath, [script, JSON.stringify(config)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    builders.push(builder);
    const said: string[] = [];
    createInterface({ input: builder.stdout }).on("line", (line) => said.push(line));
    return { builder, said };
  }

  test("by SIGKILL leaves no process, and the next build clears its half-made files away", async () => {
    const { builder } = startBuild();
    await until(async () => (await childrenOfBuilds()).some((line) => line.includes("mmdebstrap")));
    expect((await leftovers()).some((name) => name.startsWith(".staging-tree-"))).toBe(true);
    builder.kill("SIGKILL");
    await until(async () => (await childrenOfBuilds()).length === 0);
    expect((await readFile("/proc/self/mounts", "utf8")).includes(stateDir)).toBe(false);

    const { said } = startBuild("http://127.0.0.1:9/nothing-listens-here");
    await until(async () => said.includes("failed IMAGE_BUILD_FAILED"));
    expect(await leftovers()).toEqual([]);
  });

  test("while another waits for it, gives way: the lock ends with its process", async () => {
    const first = startBuild();
    await until(async () => first.said.includes("step packages"));
    const second = startBuild();
    await until(async () => second.said.some((line) => line.includes("waiting")));
    expect(second.said).not.toContain("step packages");
    first.builder.kill("SIGKILL");
    await until(async () => second.said.includes("step packages"));
  });
});

describe("a full disk", () => {
  beforeEach(async () => {
    await run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", stateDir]);
  });
  afterEach(async () => {
    await run("umount", [stateDir]);
  });

  test("refuses an overlay, names where space is missing, and leaves no part of it", async () => {
    const path = join(stateDir, "overlay");
    await expect(createOverlay(path, 4096)).rejects.toMatchObject({
      code: "DISK_FULL",
      details: { path: stateDir },
    });
    expect(await readdir(stateDir)).toEqual([]);
  });

  test("refuses a build before it begins", async () => {
    const agentEntry = join(import.meta.dirname, "new-vm-id.ts");
    const progress = { signal: new AbortController().signal, step: () => {}, note: () => {} };
    const build = buildImage(progress, { recipe: "tiny", config: Config.parse({ stateDir }), agentEntry });
    await expect(build).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(await leftovers()).toEqual([]);
  });
});

test("an overlay is a sparse ext4 of the size that was asked for, and never takes the place of a file", async () => {
  const path = join(stateDir, "overlay");
  await createOverlay(path, 4096);
  const { stdout } = await run("dumpe2fs", ["-h", path]);
  expect(stdout).toMatch(/Block count: +1048576\n/);
  expect(stdout).not.toContain("has_journal");
  const { blocks } = await stat(path);
  expect(blocks * 512).toBeLessThan(8 * 1024 * 1024);
  await expect(createOverlay(path, 4096)).rejects.toMatchObject({ code: "EEXIST" });
});

test("a shell reads session settings as they were given", async () => {
  const path = join(stateDir, "session.env");
  const value = `  a "b" 'c' $HOME \`id\` \\d #e \\" `;
  await writeFile(path, renderEnvironment({ TRICK: value }));
  const { stdout } = await run("sh", ["-c", `. ${path}; printf %s "$TRICK"`]);
  expect(stdout).toBe(value);
});
