import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readFacts, requireSameMachine, stateFileOf, writeFacts } from "./frozen-facts.ts";
import { layoutOf } from "./layout.ts";

const layout = layoutOf([
  ...["-machine", "q35", "-cpu", "Nehalem", "-append", "quiet", "-m", "256M"],
  ...["-device", "virtio-net-pci,netdev=net0,mac=02:fc:00:00:00:07,host_mtu=1500"],
]);
const FACTS = { version: 1, vmm: "7.2.22", cpu: "Nehalem (emulated)", layout, stateBytes: 5 } as const;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "bvm-facts-"));
  await writeFile(stateFileOf(directory), "state");
});
afterEach(() => rm(directory, { recursive: true }));

describe("what is known of a frozen VM", () => {
  test("is read as it was written", async () => {
    await writeFacts(directory, { ...FACTS, layout: [...layout] });
    expect(await readFacts(directory)).toEqual(FACTS);
  });

  test("is damaged when it is missing, or a file has another size", async () => {
    const damaged = { code: "SNAPSHOT_DAMAGED", details: { path: expect.stringContaining(directory) } };
    await expect(readFacts(directory)).rejects.toMatchObject(damaged);
    await writeFacts(directory, { ...FACTS, layout: [...layout], memoryBytes: 7 });
    await expect(readFacts(directory)).rejects.toMatchObject(damaged);
    await writeFile(join(directory, "memory"), "7 bytes");
    expect(await readFacts(directory)).toMatchObject({ memoryBytes: 7 });
    await truncate(stateFileOf(directory), 4);
    await expect(readFacts(directory)).rejects.toThrow(/4 bytes instead of 5/);
  });

  test("fits a machine of the same layout, whatever its MAC, and names what is different in another one", () => {
    const same = { ...FACTS, layout: layout.map((option) => option) };
    requireSameMachine(FACTS, same);
    expect(layout).toContain("-device virtio-net-pci,netdev=net0,host_mtu=1500");
    expect(layout.join()).not.toContain("quiet");
    const other = { ...same, cpu: "Haswell (emulated)", layout: layout.with(2, "-m 512M") };
    expect(() => requireSameMachine(FACTS, other)).toThrow(
      expect.objectContaining({
        code: "SNAPSHOT_MISMATCH",
        message: "frozen with -m 256M, Nehalem (emulated); now it is -m 512M, Haswell (emulated)",
      }),
    );
  });
});
