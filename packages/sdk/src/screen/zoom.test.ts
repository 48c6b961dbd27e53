import { expect, test } from "vitest";
import { hold, panBy, UNZOOMED, zoomAt } from "./zoom.ts";

const VIEW = { width: 400, height: 200 };

test("what is under the fingers stays there", () => {
  const focus = { x: 300, y: 50 };
  const once = zoomAt(UNZOOMED, 2, focus, VIEW);
  expect(once).toEqual({ scale: 2, x: -300, y: -50 });
  // the same point of the picture before and after a second pinch
  const twice = zoomAt(once, 1.5, focus, VIEW);
  expect((focus.x - twice.x) / twice.scale).toBe((focus.x - once.x) / once.scale);
  expect((focus.y - twice.y) / twice.scale).toBe((focus.y - once.y) / once.scale);
});

test("nothing is smaller than the view or larger than five of it", () => {
  expect(zoomAt(UNZOOMED, 0.3, { x: 10, y: 10 }, VIEW)).toEqual(UNZOOMED);
  expect(zoomAt(UNZOOMED, 50, { x: 0, y: 0 }, VIEW)).toEqual({ scale: 5, x: 0, y: 0 });
});

test("it moves as far as there is picture, and comes back when zoomed out", () => {
  const zoom = zoomAt(UNZOOMED, 2, { x: 200, y: 100 }, VIEW);
  expect(panBy(zoom, { x: 50, y: -30 }, VIEW)).toEqual({ scale: 2, x: -150, y: -130 });
  expect(panBy(zoom, { x: 9999, y: -9999 }, VIEW)).toEqual({ scale: 2, x: 0, y: -200 });
  expect(zoomAt(panBy(zoom, { x: -9999, y: 0 }, VIEW), 0.5, { x: 0, y: 0 }, VIEW)).toEqual(UNZOOMED);
});

test("a view that became smaller stays filled", () => {
  expect(hold({ scale: 2, x: -400, y: -200 }, { width: 200, height: 100 })).toEqual({
    scale: 2,
    x: -200,
    y: -100,
  });
});
