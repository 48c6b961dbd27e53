import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findPort } from "./find-port.ts";

test("the port is found by its name, and none when there is no driver yet", async () => {
  const root = await mkdtemp(join(tmpdir(), "ports-"));
  try {
    expect(await findPort("org.browservm.ctl.0", root)).toBeUndefined();
    for (const [port, name] of [
      ["vport1p1", "other"],
      ["vport1p2", "org.browservm.ctl.0"],
    ] as const) {
      await mkdir(join(root, "sys/class/virtio-ports", port), { recursive: true });
      await writeFile(join(root, "sys/class/virtio-ports", port, "name"), `${name}\n`);
    }
    expect(await findPort("org.browservm.ctl.0", root)).toBe(join(root, "dev/vport1p2"));
    expect(await findPort("nobody", root)).toBeUndefined();
  } finally {
    await rm(root, { recursive: true });
  }
});
