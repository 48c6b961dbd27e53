import { BrowserVmError, type ClipboardPolicy } from "@browservm/contract";
import { PNG } from "pngjs";
import { describe, expect, test } from "vitest";
import { SOON } from "./sharing-fixture.ts";
import { WebFixture } from "./web-fixture.ts";

const web = WebFixture.use();
const [CONTROL, V, X] = [0xffe3, 0x76, 0x78];
/** Longer than the page waits for the reader's browser to say what is pasted. */
const WHILE_MS = 500;

/** A session's page, and an image of that size on the reader's clipboard. */
async function open(image: { width: number; height: number }, clipboard?: ClipboardPolicy): Promise<void> {
  await web.signIn();
  const { session } = web.api.seed(clipboard ? { clipboard } : {});
  await web.page.goto(`${web.url}/sessions/${session.id}`);
  await web.page.getByText("Live", { exact: true }).waitFor();
  await web.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const { width, height } = image;
  await web.page.evaluate(`(async () => {
    const canvas = new OffscreenCanvas(${width}, ${height});
    canvas.getContext("2d").fillRect(0, 0, 9, 9);
    await navigator.clipboard.write([new ClipboardItem({ "image/png": await canvas.convertToBlob() })]);
  })()`);
}
const inDisplay = async (...keys: readonly string[]) => {
  await web.page.getByTestId("display").click({ position: { x: 100, y: 300 } });
  for (const key of keys) await web.page.keyboard.press(key);
};
const keys = () => web.api.only.display.keys;
const sizes = () =>
  web.api.clipboard.images.map((image) => {
    const { width, height } = PNG.sync.read(Buffer.from(image));
    return [width, height];
  });
const note = () => web.page.getByRole("status").filter({ hasText: "image" });

describe("an image that is pasted in the display", () => {
  test("is on the VM's clipboard before it is pasted there, and what is typed meanwhile comes after", async () => {
    await open({ width: 30, height: 20 });
    const gate = Promise.withResolvers<void>();
    web.api.clipboard.gate = gate.promise;
    await inDisplay("Control+v", "x");
    await expect.poll(() => note().textContent(), SOON).toContain("on its way");
    await web.page.waitForTimeout(WHILE_MS);
    expect([keys(), sizes()]).toEqual([[CONTROL], []]);
    gate.resolve();
    await expect.poll(keys, SOON).toEqual([CONTROL, CONTROL, V, X]);
    expect(sizes()).toEqual([[30, 20]]);
    const { released } = web.api.only.display;
    await expect.poll(() => released.filter((key) => key === CONTROL), SOON).toHaveLength(2);
    await expect.poll(() => released.at(-1), SOON).toBe(X);
  });

  test("goes once: the second time it is there already", async () => {
    await open({ width: 3, height: 4 });
    await inDisplay("Control+v");
    await expect.poll(() => keys().filter((key) => key === V), SOON).toHaveLength(1);
    await inDisplay("Control+v");
    await expect.poll(() => keys().filter((key) => key === V), SOON).toHaveLength(2);
    expect(sizes()).toEqual([[3, 4]]);
  });

  test("that is refused pastes nothing, and the page says why", async () => {
    await open({ width: 3, height: 4 });
    web.api.clipboard.refuse = new BrowserVmError("CLIPBOARD_TOO_SLOW", "it was not there within 90 s");
    await inDisplay("Control+v", "x");
    await expect.poll(() => note().textContent(), SOON).toContain("CLIPBOARD_TOO_SLOW");
    await expect.poll(keys, SOON).toEqual([CONTROL, X]);
  });
});

describe("where the clipboard takes nothing", () => {
  test("an image stays with the reader, and the keys go as they are", async () => {
    await open({ width: 3, height: 4 }, { toGuest: false, fromGuest: true });
    await inDisplay("Control+v");
    await expect.poll(keys, SOON).toEqual([CONTROL, V]);
    await web.page.getByRole("tab", { name: "Clipboard" }).click();
    await web.page.getByLabel("To the VM").press("Control+v");
    await expect.poll(() => note().textContent(), SOON).toContain("CLIPBOARD_CLOSED");
    expect(web.api.calls.filter((call) => call.endsWith("/clipboard/image"))).toEqual([]);
  });
});

test("an image that is pasted into the panel goes to the VM's clipboard, and no key is pressed", async () => {
  await open({ width: 7, height: 5 });
  await web.page.getByRole("tab", { name: "Clipboard" }).click();
  for (let times = 1; times <= 2; times += 1) {
    await web.page.getByLabel("To the VM").press("Control+v");
    await expect.poll(sizes, SOON).toEqual(Array.from({ length: times }, () => [7, 5]));
  }
  expect(keys()).toEqual([]);
});
