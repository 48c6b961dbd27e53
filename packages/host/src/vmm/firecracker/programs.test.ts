import { mkdtempDisposable, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findPrograms, KnownVersions } from "./programs.ts";

test("programs are asked for their version once, and again when they were replaced", async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), "bvm-programs-"));
  const place = (name: string) => join(directory.path, name);
  const install = async (version: string) => {
    for (const name of ["firecracker", "jailer"] as const) {
      const says = `${name === "jailer" ? "Jailer" : "Firecracker"} v${version}`;
      await rm(place(name), { force: true });
      await writeFile(place(name), `#!/bin/sh\necho asked >> ${place("asked")}\necho ${says}\n`, {
        mode: 0o755,
      });
    }
  };
  const versions = new KnownVersions();
  const find = async () => {
    const settings = { firecracker: place("firecracker"), jailer: "", installed: directory.path };
    const { version } = await findPrograms(settings, versions);
    return [version.text, (await readFile(place("asked"), "utf8")).split("\n").length - 1];
  };
  await install("1.16.1");
  expect(await find()).toEqual(["1.16.1", 2]);
  expect(await find()).toEqual(["1.16.1", 2]);
  await install("1.16.2");
  expect(await find()).toEqual(["1.16.2", 4]);
});
