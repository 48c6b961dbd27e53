import { describe, expect, test } from "vitest";
import { intoPlace, parsePlace, sessionPath } from "./copy-place.ts";

const ID = "ses_aaaaaaaaaaaaaaaaaaaa";

describe("an end of a copy", () => {
  test.each([
    [`${ID}:Downloads/a`, { kind: "session", id: ID, path: "Downloads/a" }],
    [`${ID}:`, { kind: "session", id: ID, path: "" }],
    [`${ID}:/home/browser/x:y`, { kind: "session", id: ID, path: "x:y" }],
    ["-", { kind: "local", path: "-" }],
    ["./a:b", { kind: "local", path: "./a:b" }],
    ["ses_short:a", { kind: "local", path: "ses_short:a" }],
  ])("%s", (text, place) => {
    expect(parsePlace(text)).toEqual(place);
  });

  test.each(["../x", "/etc/passwd", "a//b", "/home/browserx", "a/../b", "/home/browser/../x"])(
    "never leads out of the home: %s",
    (path) => {
      expect(() => parsePlace(`${ID}:${path}`)).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
    },
  );

  test("that is a directory takes the file under its own name", () => {
    expect(intoPlace(sessionPath("Downloads/"), "a")).toBe("Downloads/a");
    expect(intoPlace(sessionPath("/home/browser/"), "a")).toBe("a");
    expect(intoPlace(sessionPath("Downloads/b"), "a")).toBe("Downloads/b");
  });
});
