import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentProgress } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AcceleratorOptions, chooseAccelerator, type SmokeBoot } from "./accelerator.ts";

let directory: string;
let boots: number;
const answering =
  (booted: boolean, seen: string): SmokeBoot =>
  async () => {
    boots++;
    return { booted, seen };
  };
const hangs = answering(false, "did not boot a kernel within 6 s");
const works = answering(true, "0.8 s");

beforeEach(async () => {
  boots = 0;
  directory = await mkdtemp(join(tmpdir(), "bvm-accel-"));
  await writeFile(join(directory, "kernel"), "a kernel");
  await writeFile(join(directory, "kvm"), "");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const choose = (options: Partial<AcceleratorOptions>) =>
  chooseAccelerator(silentProgress(), {
    wanted: "auto",
    kernel: join(directory, "kernel"),
    cache: join(directory, "cache"),
    vmmVersion: "7.2.22",
    smokeBoot: works,
    device: join(directory, "kvm"),
    ...options,
  });

describe("the accelerator", () => {
  test("is KVM where it boots a kernel", async () => {
    expect(await choose({})).toEqual({ accelerator: "kvm", reason: "KVM booted a kernel (0.8 s)" });
  });

  test("is emulation where KVM opens but boots nothing, and says so", async () => {
    expect(await choose({ smokeBoot: hangs })).toEqual({
      accelerator: "tcg",
      reason: "KVM opens but did not boot a kernel within 6 s; emulating",
    });
  });

  test("is emulation, without a try, where there is no /dev/kvm or where it is asked for", async () => {
    const absent = await choose({ device: join(directory, "none") });
    expect(absent.reason).toMatch(/has no .*none; emulating/);
    expect((await choose({ wanted: "tcg" })).accelerator).toBe("tcg");
    expect(boots).toBe(0);
  });

  test("is remembered for this kernel and this VMM", async () => {
    const first = await choose({ smokeBoot: hangs });
    expect(await choose({ smokeBoot: works })).toEqual(first);
    expect(boots).toBe(1);
    expect((await choose({ vmmVersion: "8.2.2" })).accelerator).toBe("kvm");
    await writeFile(join(directory, "kernel"), "another kernel");
    expect((await choose({})).accelerator).toBe("kvm");
    expect(boots).toBe(3);
  });

  test.each([{ device: "none" }, { smokeBoot: hangs }])(
    "that is demanded but does not work is KVM_UNAVAILABLE",
    async (how) => {
      const device = how.device ? { device: join(directory, how.device) } : {};
      await expect(choose({ ...how, ...device, wanted: "kvm" })).rejects.toMatchObject({
        code: "KVM_UNAVAILABLE",
      });
    },
  );
});
