import { CLIPBOARD_LIMITS } from "@browservm/contract";
import { expect, test } from "vitest";
import { type ImagePaste, ImagePaster, imageOf } from "./image-paster.ts";

const png = (length: number, fill = 1) =>
  new Blob([new Uint8Array(length).fill(fill)], { type: "image/png" });
const data = (image: Blob | null, types = ["Files"]) =>
  ({
    types,
    items: [{ kind: "file", type: image?.type ?? "", getAsFile: () => image }],
  }) as unknown as DataTransfer;

function bench() {
  const given: number[] = [];
  const told: ImagePaste[] = [];
  const state = { isDown: false };
  const paster = new ImagePaster({
    give: async ({ size }) => {
      if (state.isDown) throw new Error("the network is gone");
      given.push(size);
    },
    tell: (paste) => void told.push(paste),
  });
  return { paster, given, told, state };
}

test("an image goes once, another one too, and the first again when it is asked for by itself", async () => {
  const { paster, given, told } = bench();
  for (const image of [png(5), png(5), png(6), png(6, 2)]) expect(await paster.take(data(image))).toBe(true);
  expect(given).toEqual([5, 6, 6]);
  expect(told.map((one) => one.is)).toEqual(["going", "there", "going", "there", "going", "there"]);
  await paster.give(png(6, 2), true);
  expect(given).toHaveLength(4);
});

test("an image that is pasted again before it is there goes once, and is there for both", async () => {
  const { paster, given } = bench();
  expect(await Promise.all([paster.take(data(png(5))), paster.take(data(png(5)))])).toEqual([true, true]);
  expect(given).toEqual([5]);
});

test("nothing goes after something was copied in the VM, until the reader has come back", async () => {
  const { paster, given } = bench();
  paster.vmCopied();
  expect(paster.take(data(png(5)))).toBeUndefined();
  paster.come();
  await paster.take(data(png(5)));
  expect(given).toEqual([5]);
});

test("one that did not come is told with why, and goes the next time", async () => {
  const { paster, given, told, state } = bench();
  state.isDown = true;
  expect(await paster.take(data(png(5)))).toBe(false);
  state.isDown = false;
  expect(await paster.take(data(png(5)))).toBe(true);
  expect([given, told[1]?.is]).toEqual([[5], "refused"]);
});

test("what is too large, or cannot be PNG, is refused with a code and sent nowhere", async () => {
  const { paster, given, told } = bench();
  await paster.take(data(png(CLIPBOARD_LIMITS.imageBytes + 1)));
  await paster.take(data(new Blob(["<svg/>"], { type: "image/svg+xml" })));
  const codes = told.map((one) => (one.is === "refused" ? one.error.code : one.is));
  expect(codes).toEqual(["going", "CLIPBOARD_TOO_LARGE", "going", "CLIPBOARD_NOT_PNG"]);
  expect(given).toEqual([]);
});

test("words beside an image are meant, and so is what is no image", () => {
  expect(imageOf(data(png(5), ["text/plain", "Files"]))).toBeUndefined();
  expect(imageOf(data(new Blob(["a"], { type: "application/pdf" })))).toBeUndefined();
  expect(imageOf(null)).toBeUndefined();
});
