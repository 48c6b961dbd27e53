import { describe, expect, test } from "vitest";
import { wantsFreshBrowser } from "./session-files.ts";

describe("a browser must be started anew", () => {
  test.each(["LANG", "LC_TIME", "TZ", "https_proxy", "HTTP_PROXY", "no_proxy"])(
    "to see %s come, change and go",
    (key) => {
      const [old, fresh] = [
        { OTHER: "1", [key]: "x" },
        { OTHER: "1", [key]: "y" },
      ];
      expect(wantsFreshBrowser({}, fresh)).toBe(true);
      expect(wantsFreshBrowser(old, fresh)).toBe(true);
      expect(wantsFreshBrowser(old, { OTHER: "1" })).toBe(true);
    },
  );
});

describe("it need not be", () => {
  test.each(["API_KEY", "LANGUAGES", "MY_TZ", "PROXY"])("for %s", (key) =>
    expect(wantsFreshBrowser({}, { [key]: "x" })).toBe(false),
  );

  test("where nothing was set, or what was set stays", () => {
    expect(wantsFreshBrowser({}, {})).toBe(false);
    expect(wantsFreshBrowser({ TZ: "UTC", A: "1" }, { A: "2", TZ: "UTC" })).toBe(false);
  });
});
