import { beforeEach, describe, expect, test } from "vitest";
import { Fingers } from "./fingers.ts";
import { useLive } from "./live-fixture.ts";
import { SOON } from "./sharing-fixture.ts";

const { web, button, open } = useLive();
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const ON_ITS_SIDE = { width: 844, height: 390 };
const LEFT = 1;
const RIGHT = 4;
const WHEEL_UP = 8;
const WHEEL_DOWN = 16;

const display = () => web.api.only.display;
const masks = () => display().pointers.map(({ mask }) => mask);
const text = () =>
  String.fromCodePoint(...display().keys.map((keysym) => (keysym > 0x1000000 ? keysym - 0x1000000 : keysym)));

/** Where the picture is on the screen. */
const canvas = async () => {
  const box = await web.page.locator("[data-testid=display] canvas").boundingBox();
  if (box === null) throw new Error("there is no picture");
  return box;
};
/** A point of the VM's 1280 × 720, on the screen. */
const at = async (x: number, y: number) => {
  const box = await canvas();
  return { x: box.x + (x * box.width) / 1280, y: box.y + (y * box.height) / 720 };
};
const near = ({ x, y }: { x: number; y: number }) => ({
  x: expect.closeTo(x, -0.7),
  y: expect.closeTo(y, -0.7),
});

async function openOn(options: typeof PHONE): Promise<Fingers> {
  await web.reopen(options);
  await open("tcg");
  await web.page.locator("[data-testid=display] canvas").waitFor();
  return Fingers.on(web.page);
}

describe("on a phone", () => {
  let fingers: Fingers;
  beforeEach(async () => {
    fingers = await openOn(PHONE);
  });

  test("everything is there without scrolling, and the bars go for more room", async () => {
    expect(await web.overflow()).toBe(0);
    expect(await web.page.evaluate("document.documentElement.scrollHeight - innerHeight")).toBe(0);
    const { height } = await canvas();
    await button("Hide the bars").tap();
    await expect.poll(() => web.page.getByRole("toolbar", { name: "Session" }).count(), SOON).toBe(0);
    expect(await web.page.getByRole("banner").isVisible()).toBe(false);
    expect((await canvas()).height).toBe(height);
    await button("Show the bars").tap();
    await web.page.getByRole("toolbar", { name: "Session" }).waitFor();
  });

  test("fingers click, click with the right button, drag and scroll", async () => {
    await fingers.tap(await at(640, 360));
    await expect
      .poll(() => display().pointers.find(({ mask }) => mask === LEFT), SOON)
      .toMatchObject(near({ x: 640, y: 360 }));
    await expect.poll(() => masks().at(-1), SOON).toBe(0);

    display().pointers.length = 0;
    await fingers.hold(await at(200, 200), 1200);
    await expect.poll(masks, SOON).toContain(RIGHT);
    expect(display().pointers.find(({ mask }) => mask === RIGHT)).toMatchObject(near({ x: 200, y: 200 }));
    await expect.poll(() => masks().at(-1), SOON).toBe(0);

    display().pointers.length = 0;
    await fingers.move([{ from: await at(100, 600), to: await at(900, 100) }]);
    await expect.poll(() => masks().at(-1), SOON).toBe(0);
    const dragged = display().pointers.filter(({ mask }) => mask === LEFT);
    expect(dragged[0]).toMatchObject(near({ x: 100, y: 600 }));
    expect(dragged.at(-1)).toMatchObject(near({ x: 900, y: 100 }));

    display().pointers.length = 0;
    const [one, two] = [await at(500, 600), await at(700, 600)];
    const up = ({ x, y }: typeof one) => ({ x, y: y - 150 });
    await fingers.move([
      { from: one, to: up(one) },
      { from: two, to: up(two) },
    ]);
    await expect.poll(masks, SOON).toContain(WHEEL_DOWN);
    expect(masks()).not.toContain(WHEEL_UP);
    expect(masks()).not.toContain(LEFT);
  });

  test("a pinch enlarges the picture here only, two fingers move it, and taps land where they should", async () => {
    const before = await canvas();
    const middle = await at(640, 360);
    const apart = (by: number) => [
      { from: { x: middle.x - 30, y: middle.y }, to: { x: middle.x - 30 - by, y: middle.y } },
      { from: { x: middle.x + 30, y: middle.y }, to: { x: middle.x + 30 + by, y: middle.y } },
    ];
    await fingers.move(apart(70));
    await button(/show all of it/).waitFor();
    await expect.poll(async () => (await canvas()).width, SOON).toBeGreaterThan(before.width * 2);
    // no Ctrl and no wheel, which noVNC itself would make of it
    expect(display().keys).toEqual([]);
    expect(masks().filter((mask) => mask !== 0)).toEqual([]);

    const [left] = [(await canvas()).x];
    await fingers.move([
      { from: { x: 200, y: 400 }, to: { x: 120, y: 400 } },
      { from: { x: 240, y: 400 }, to: { x: 160, y: 400 } },
    ]);
    await expect.poll(async () => (await canvas()).x, SOON).toBeLessThan(left - 50);
    expect(masks().filter((mask) => mask !== 0)).toEqual([]);

    await fingers.tap(await at(800, 400));
    await expect.poll(() => display().clicks.at(-1), SOON).toMatchObject(near({ x: 800, y: 400 }));
    await button(/show all of it/).tap();
    await expect.poll(canvas, SOON).toEqual(before);
  });

  test("its own keyboard types: text, a composition, backspaces, and keys that it lacks", async () => {
    await button("Keyboard on the screen").tap();
    await expect.poll(() => web.focused(), SOON).toBe("Text for the VM");
    await web.page.keyboard.insertText("né");
    await expect.poll(text, SOON).toBe("né");
    await web.page.keyboard.press("Backspace");
    await web.page.keyboard.press("Enter");
    await expect.poll(() => display().keys.slice(2), SOON).toEqual([0xff08, 0xff0d]);

    display().keys.length = 0;
    await fingers.compose("n", "ni", "你");
    await expect.poll(() => display().keys, SOON).toEqual([0x6e, 0x69, 0xff08, 0xff08, 0x1004f60]);

    display().keys.length = 0;
    display().released.length = 0;
    await button("Ctrl").tap();
    await web.page.keyboard.insertText("c");
    await button("Escape").tap();
    await button("Left").tap();
    await expect.poll(() => display().keys, SOON).toEqual([0xffe3, 0x63, 0xff1b, 0xff51]);
    await expect.poll(() => display().released, SOON).toEqual([0x63, 0xffe3, 0xff1b, 0xff51]);

    // a tap on the picture clicks there, and the keyboard stays
    await fingers.tap(await at(300, 300));
    await expect.poll(() => display().clicks.length, SOON).toBe(1);
    expect(await web.focused()).toBe("Text for the VM");
    await button("Alt").tap();
    await button("Put the keyboard away").tap();
    await expect.poll(() => display().released.at(-1), SOON).toBe(0xffe9);
    expect(await button("Escape").count()).toBe(0);
    expect(web.complaints).toEqual([]);
  });
});

test("a phone on its side shows the picture alone, with the way to the bars and to its keyboard", async () => {
  await openOn(PHONE);
  await web.page.setViewportSize(ON_ITS_SIDE);
  await expect.poll(async () => (await canvas()).height, SOON).toBeGreaterThan(380);
  await button("Keyboard on the screen").tap();
  await button("Escape").waitFor();
  expect((await canvas()).height).toBeGreaterThan(300);
  await button("Show the bars").tap();
  await web.page.getByRole("toolbar", { name: "Session" }).waitFor();
  expect(await web.overflow()).toBe(0);
});

describe("on a large screen", () => {
  test("with two pixels for one, clicks land where they should", async () => {
    await web.reopen({ deviceScaleFactor: 2 });
    await open("tcg");
    const point = await at(900, 500);
    await web.page.mouse.click(point.x, point.y);
    await expect.poll(() => display().clicks, SOON).toMatchObject([near({ x: 900, y: 500 })]);
    const size = `(({ width, height }) => [width, height])(document.querySelector("[data-testid=display] canvas"))`;
    expect(await web.page.evaluate(size)).toEqual([1280, 720]);
  });

  test("each click at one place reaches the VM, as a double click must", async () => {
    await open("tcg");
    for (const count of [1, 2, 3]) {
      // fails where something else would get the click
      await web.page.locator("[data-testid=display] canvas").click({ timeout: 5000 });
      await expect.poll(() => display().clicks.length, SOON).toBe(count);
    }
  });

  test("full screen asks for all keys of the keyboard, and Escape goes to the VM", async () => {
    await web.page.addInitScript(`
      globalThis.locks = [];
      navigator.keyboard.lock = async (...codes) => { locks.push([Boolean(document.fullscreenElement), ...codes]); };
    `);
    await open("tcg");
    await button("Full screen").click();
    await expect.poll(() => web.page.evaluate("locks"), SOON).toEqual([[true]]);
    await button("Type in the browser").click();
    await web.page.keyboard.press("Escape");
    await expect.poll(() => display().keys, SOON).toEqual([0xff1b]);
    await web.page.evaluate("document.exitFullscreen()");
  });

  test("who hid the bars gets the keyboard back by the keys, and finds the way to the bars", async () => {
    await open("tcg");
    await button("Hide the bars").click();
    await web.page.getByTestId("display").click({ position: { x: 100, y: 300 } });
    await web.page.keyboard.press("Control+Alt+Shift");
    await expect.poll(() => web.focused(), SOON).toBe("Show the bars");
    await web.page.keyboard.press("Enter");
    await button("Keys and gestures").click();
    await web.page
      .getByRole("dialog", { name: "Keys and gestures" })
      .getByText("Touch", { exact: true })
      .waitFor();
  });
});
