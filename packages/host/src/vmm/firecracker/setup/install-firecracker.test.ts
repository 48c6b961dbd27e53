import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentProgress } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { installFirecracker } from "./install-firecracker.ts";
import { releaseOf } from "./release.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "setup-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** An archive as GitHub has it, with scripts for programs. */
async function makeArchive(version = "1.16.1"): Promise<{ archive: string; sha256: string }> {
  const home = `release-v${version}-x86_64`;
  await mkdir(join(directory, home));
  for (const [name, says] of [
    ["firecracker", "Firecracker"],
    ["jailer", "Jailer"],
  ])
    await writeFile(
      join(directory, home, `${name}-v${version}-x86_64`),
      `#!/bin/sh\necho ${says} v${version}\n`,
      {
        mode: 0o755,
      },
    );
  const archive = join(directory, "release.tgz");
  execFileSync("tar", ["-czf", archive, "-C", directory, home]);
  return {
    archive,
    sha256: createHash("sha256")
      .update(await readFile(archive))
      .digest("hex"),
  };
}
const install = (options: { archive: string; sha256?: string; version?: string }) => {
  const { archive, version, sha256 } = options;
  const release = releaseOf({ processor: "x64", version, sha256 });
  return installFirecracker(silentProgress(), { release, into: join(directory, "vmm"), archive });
};

describe("setting up Firecracker", () => {
  test("installs both programs of the archive, and again over an earlier installation", async () => {
    const { archive, sha256 } = await makeArchive();
    for (const _ of [1, 2]) {
      const { version, jailer } = await install({ archive, sha256 });
      expect(version.text).toBe("1.16.1");
      expect(jailer).toBe(join(directory, "vmm/jailer"));
    }
    expect(readdirSync(join(directory, "vmm")).sort()).toEqual(["firecracker", "jailer"]);
  });

  test("refuses an archive that is not the pinned one, and installs nothing of it", async () => {
    const { archive } = await makeArchive();
    await expect(install({ archive })).rejects.toMatchObject({
      code: "DOWNLOAD_ALTERED",
      details: { expected: releaseOf({ processor: "x64" }).sha256 },
    });
    expect(existsSync(join(directory, "vmm/firecracker"))).toBe(false);
  });

  test("refuses a version that we do not drive, even with its checksum", async () => {
    const { archive, sha256 } = await makeArchive("1.12.0");
    await expect(install({ archive, sha256, version: "1.12.0" })).rejects.toMatchObject({
      code: "VMM_UNSUPPORTED",
    });
    expect(readdirSync(join(directory, "vmm"))).toEqual([]);
  });

  test("says where to get the archive when it cannot be had", async () => {
    const release = { ...releaseOf({ processor: "x64" }), url: "http://127.0.0.1:9/none.tgz" };
    const failure = installFirecracker(silentProgress(), { release, into: join(directory, "vmm") });
    await expect(failure).rejects.toMatchObject({ code: "DOWNLOAD_FAILED", details: { url: release.url } });
    await expect(install({ archive: join(directory, "none.tgz") })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
  });
});

describe("the release of Firecracker", () => {
  test("is pinned for both processors", () => {
    for (const processor of ["x64", "arm64"]) {
      const { url, sha256, arch } = releaseOf({ processor });
      expect(url).toContain(`/v1.16.1/firecracker-v1.16.1-${arch}.tgz`);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  test.each([
    [{ processor: "x64", version: "1.17.0" }, "BAD_REQUEST"],
    [{ processor: "x64", version: "../1", sha256: "a".repeat(64) }, "BAD_REQUEST"],
    [{ processor: "x64", sha256: "abc" }, "BAD_REQUEST"],
    [{ processor: "mips" }, "VMM_NOT_FOUND"],
  ])("is not guessed: %j", (wanted, code) => {
    expect(() => releaseOf(wanted)).toThrow(expect.objectContaining({ code }));
  });
});
