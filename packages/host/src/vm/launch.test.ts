import { BrowserVmError, silentProgress, VmId } from "@browservm/contract";
import { expect, test } from "vitest";
import type { Image } from "../image/image.ts";
import { launchVm } from "./launch.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmRecord } from "./vm-store.ts";
import { WaitClock } from "./wait-clock.ts";

const record = {
  id: VmId.parse("vm_abcdefghijklmnopqrst"),
  spec: { image: "browser" },
  imageId: "browser-bookworm-0000000000000001",
} as VmRecord;

test("a VM boots the image that it was promised, also when its name means another one by now", async () => {
  const pinned: string[] = [];
  const deps = {
    images: {
      find: async (name: string) =>
        ({ id: name === record.imageId ? name : "browser-bookworm-0000000000000002" }) as Image,
      pin: async ({ id }: Image) => void pinned.push(id),
    },
    network: {
      reserve: () => {
        throw new BrowserVmError("SLOTS_EXHAUSTED", "here the story of this test ends");
      },
    },
  } as unknown as VmDeps;
  const launch = { record, waits: new WaitClock(), onVmm: () => {} };
  await expect(launchVm(deps, silentProgress(), launch)).rejects.toMatchObject({ code: "SLOTS_EXHAUSTED" });
  expect(pinned).toEqual([record.imageId]);
});
