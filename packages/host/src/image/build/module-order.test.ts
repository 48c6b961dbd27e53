import { expect, test } from "vitest";
import { moduleOrder } from "./module-order.ts";

const dependencies = [
  "kernel/drivers/virtio/virtio.ko: kernel/drivers/virtio/virtio_ring.ko",
  "kernel/drivers/virtio/virtio_ring.ko:",
  "kernel/drivers/block/virtio_blk.ko.xz: kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko",
  "kernel/drivers/char/hw_random/virtio-rng.ko.zst: kernel/drivers/virtio/virtio.ko",
  "",
].join("\n");
const builtin = "kernel/fs/ext4/ext4.ko\nkernel/lib/crc-16.ko\n";
const order = (needed: string[], wanted: string[] = []) =>
  moduleOrder({ dependencies, builtin, needed, wanted });

test("a module comes after those that it needs, each once", () => {
  expect(order(["virtio_blk"], ["virtio_rng"])).toEqual([
    "kernel/drivers/virtio/virtio_ring.ko",
    "kernel/drivers/virtio/virtio.ko",
    "kernel/drivers/block/virtio_blk.ko.xz",
    "kernel/drivers/char/hw_random/virtio-rng.ko.zst",
  ]);
});

test("what the kernel has built in is not loaded, however its name is written", () => {
  expect(order(["ext4", "crc_16"])).toEqual([]);
});

test("a wanted module may be missing, a needed one is named", () => {
  expect(order([], ["floppy"])).toEqual([]);
  expect(() => order(["floppy"])).toThrow(
    expect.objectContaining({ code: "RECIPE_INVALID", details: { module: "floppy" } }),
  );
});
