import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveConfig } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asContainers, chooseDriver, openVmm } from "./drivers.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "drivers-"));
});
afterEach(() => rm(directory, { recursive: true }));

const choose = (env: Record<string, string>) => {
  const { config } = resolveConfig({ env: { BROWSERVM_STATE_DIR: directory, ...env } });
  return chooseDriver({ config, images: { list: async () => [] }, log: { info: () => {}, warn: () => {} } });
};
async function program(name: string, says: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, `#!/bin/sh\necho "${says}"\n`, { mode: 0o755 });
  return path;
}

describe("the choice of a VMM", () => {
  test("that is told to be Firecracker says what is missing", async () => {
    const none = {
      BROWSERVM_VMM__DRIVER: "firecracker",
      BROWSERVM_VMM__FIRECRACKER: "/nonexistent/firecracker",
    };
    await expect(choose(none)).rejects.toMatchObject({ code: "VMM_NOT_FOUND" });
    const old = await program("firecracker", "Firecracker v1.12.0");
    const foreign = { ...none, BROWSERVM_VMM__FIRECRACKER: old };
    await expect(choose(foreign)).rejects.toMatchObject({ code: "VMM_UNSUPPORTED" });
  });

  test("never emulates with Firecracker", async () => {
    const programs = {
      BROWSERVM_VMM__DRIVER: "firecracker",
      BROWSERVM_VMM__FIRECRACKER: await program("firecracker", "Firecracker v1.16.1"),
      BROWSERVM_VMM__JAILER: await program("jailer", "Jailer v1.16.1"),
    };
    await expect(choose({ ...programs, BROWSERVM_VMM__ACCELERATOR: "tcg" })).rejects.toMatchObject({
      code: "KVM_UNAVAILABLE",
    });
    expect(await choose({ ...programs, BROWSERVM_VMM__ACCELERATOR: "kvm" })).toMatchObject({
      accelerator: "kvm",
      driver: { name: "firecracker" },
    });
  });

  test("is a container only where it was told so, which it says and warns of", async () => {
    const warned: string[] = [];
    const settings = resolveConfig({ env: { BROWSERVM_VMM__DRIVER: "container" } }).config;
    const kit = { ...openVmm("container", settings), version: async () => "crun 1.8.1" };
    const log = { warn: (_: unknown, words: string) => warned.push(words) } as never;
    const choice = await asContainers(kit, log);
    expect(choice).toMatchObject({ accelerator: "none", driver: { name: "container" } });
    expect(choice.reason).toMatch(/^crun 1\.8\.1: containers share this machine's kernel/);
    expect(warned).toEqual([choice.reason]);
    expect(kit.driver.features).toMatchObject({ isolation: "container", snapshots: false });
  });

  test("by itself is never a container, however much is missing", async () => {
    const without = {
      BROWSERVM_VMM__FIRECRACKER: "/nonexistent/firecracker",
      BROWSERVM_VMM__ACCELERATOR: "tcg",
    };
    const name = await choose(without).then(
      ({ driver }) => driver.name,
      (error: { code: string }) => error.code,
    );
    // Without QEMU on this machine it is a refusal.
    expect(["qemu", "VMM_NOT_FOUND"]).toContain(name);
  });

  test("that is told to be the fake is the fake", async () => {
    expect(await choose({ BROWSERVM_VMM__DRIVER: "fake" })).toMatchObject({ driver: { name: "fake" } });
  });
});
