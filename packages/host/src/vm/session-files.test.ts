import { expect, test } from "vitest";
import { wantsFreshBrowser } from "./session-files.ts";

test.each(["LANG", "LC_TIME", "TZ", "https_proxy", "HTTP_PROXY", "no_proxy"])(
  "a browser must be started anew to see %s",
  (key) => expect(wantsFreshBrowser({ OTHER: "1", [key]: "x" })).toBe(true),
);

test.each(["API_KEY", "LANGUAGES", "MY_TZ", "PROXY"])("it need not be for %s", (key) =>
  expect(wantsFreshBrowser({ [key]: "x" })).toBe(false),
);

test("it need not be where nothing was set", () => expect(wantsFreshBrowser({})).toBe(false));
