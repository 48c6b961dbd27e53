import { KEYS } from "@browservm/sdk/screen";
import { expect, test } from "vitest";
import { SoftKeys } from "./soft-keys.ts";

function keys() {
  const sent: string[] = [];
  const held: string[] = [];
  const soft = new SoftKeys(
    (keysym, isDown) => sent.push(`${isDown ? "+" : "-"}${keysym.toString(16)}`),
    (now) => held.push([...now].join(" ")),
  );
  return { soft, sent, held };
}

test("a modifier is down for the next key, and let go after it", () => {
  const { soft, sent, held } = keys();
  soft.toggle("control");
  soft.type("c");
  soft.type("d");
  expect(sent).toEqual(["+ffe3", "+63", "-63", "-ffe3", "+64", "-64"]);
  expect(held).toEqual(["control", ""]);
});

test("two modifiers go together with a key that types nothing", () => {
  const { soft, sent } = keys();
  soft.toggle("control");
  soft.toggle("alt");
  soft.tap("tab");
  expect(sent).toEqual(["+ffe3", "+ffe9", "+ff09", "-ff09", "-ffe3", "-ffe9"]);
});

test("a second tap lets a modifier go", () => {
  const { soft, sent } = keys();
  soft.toggle("alt");
  soft.toggle("alt");
  soft.release();
  expect(sent).toEqual(["+ffe9", "-ffe9"]);
});

test("text beyond Latin-1, line breaks and nothing at all", () => {
  const { soft, sent } = keys();
  soft.type("");
  soft.type("é\r\n你");
  expect(sent).toEqual(["+e9", "-e9", `+${KEYS.enter.toString(16)}`, "-ff0d", "+1004f60", "-1004f60"]);
});
