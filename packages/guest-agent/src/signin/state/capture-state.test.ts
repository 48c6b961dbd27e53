import { expect, test } from "vitest";
import type { CdpLine } from "../../browser/page-watch.ts";
import { captureState } from "./capture-state.ts";
import { putState } from "./put-state.ts";

const COOKIE = {
  ...{ name: "sid", value: "v", domain: "a.example", path: "/", expires: -1 },
  ...{ httpOnly: true, secure: true, session: true },
};
const ORIGIN = "https://a.example";

/** A browser that has these, and whose pages come to this origin, whatever they open. */
function browserWith({ cookies = [COOKIE], origin = ORIGIN, items = {}, leftOut = 0 }: Partial<Has> = {}) {
  const asked: string[] = [];
  const answers: Record<string, (params: never) => unknown> = {
    "Storage.getCookies": () => ({ cookies }),
    "Storage.setCookies": ({ cookies: [cookie] }: { cookies: Array<{ name: string }> }) => {
      if (cookie?.name === "refused") throw new Error("Invalid cookie fields");
    },
    "Target.createTarget": () => ({ targetId: "t" }),
    "Target.attachToTarget": () => ({ sessionId: "s" }),
    "Runtime.evaluate": ({ expression }: { expression: string }) => ({
      result: { value: expression.includes("location.origin") ? origin : { items, leftOut } },
    }),
  };
  const line: CdpLine = {
    call: async ({ method, params = {} }) => {
      asked.push(method);
      return answers[method]?.(params as never) ?? {};
    },
    listen: () => () => {},
  };
  return { line, asked };
}

interface Has {
  readonly cookies: ReadonlyArray<typeof COOKIE & { partitionKey?: object }>;
  readonly origin: string;
  readonly items: Record<string, string>;
  readonly leftOut: number;
}

test("what the vault does not take is left out and counted", async () => {
  const cookies = [
    COOKIE,
    { ...COOKIE, name: "embedded", partitionKey: { topLevelSite: "https://b.example" } },
    { ...COOKIE, name: "huge", value: "x".repeat(8193) },
    { ...COOKIE, name: "other", domain: "b.example" },
  ];
  const { line, asked } = browserWith({ cookies, items: { token: "t" }, leftOut: 2 });
  const said = await captureState(line, [ORIGIN, ORIGIN]);
  expect(said).toMatchObject({
    state: { cookies: [{ name: "sid" }], storage: [{ origin: ORIGIN, localStorage: { token: "t" } }] },
    leftOut: 4,
  });
  expect(asked.at(-1)).toBe("Target.closeTarget");
});

test("more than the vault takes in all is refused, with numbers and nothing else", async () => {
  const many = Array.from({ length: 501 }, (_, n) => ({ ...COOKIE, name: `planted-${n}` }));
  const refused = await captureState(browserWith({ cookies: many }).line, [ORIGIN]);
  expect(refused).toMatchObject({ refused: { code: "FILE_TOO_LARGE" } });
  const long = Array.from({ length: 200 }, (_, n) => ({
    ...COOKIE,
    name: `planted-${n}`,
    value: "x".repeat(4000),
  }));
  const heavy = await captureState(browserWith({ cookies: long }).line, [ORIGIN]);
  expect(heavy).toMatchObject({ refused: { code: "FILE_TOO_LARGE" } });
  expect(JSON.stringify([refused, heavy])).not.toContain("planted");
});

test("storage of another origin than the one that was asked for is neither read nor written", async () => {
  const { line, asked } = browserWith({ origin: "https://a.example", items: { token: "t" } });
  const http = "http://a.example";
  await expect(captureState(line, [http])).rejects.toThrow(`the browser does not open ${http}`);
  const storage = [{ origin: http, localStorage: { token: "t" } }];
  await expect(putState(line, { cookies: [], storage })).rejects.toThrow("does not open");
  expect(asked.at(-1)).toBe("Target.closeTarget");
});

test("a cookie that the browser refuses takes no other with it", async () => {
  const cookie = { name: "sid", value: "v", domain: "a.example", path: "/", secure: true, httpOnly: false };
  const cookies = [cookie, { ...cookie, name: "refused" }];
  const put = await putState(browserWith().line, { cookies, storage: [] });
  expect(put).toEqual({ cookies: 1, origins: 0, refusedCookies: 1 });
});
