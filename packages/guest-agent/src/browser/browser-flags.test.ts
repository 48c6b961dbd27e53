import { describe, expect, test } from "vitest";
import { browserFlags, languageOf, proxyFlags } from "./browser-flags.ts";

const look = { window: "app", startUrl: "file:///start.html", width: 1280, height: 720 } as const;

test("the sandbox stays on and no debugging port is opened", () => {
  const flags = browserFlags(look, {}).join(" ");
  expect(flags).toContain("--remote-debugging-pipe");
  expect(flags).not.toMatch(/remote-debugging-port|no-sandbox|disable-web-security|single-process/);
});

test("app is one page without tabs, tabs is a maximised window", () => {
  expect(browserFlags(look, {})).toContain("--app=file:///start.html");
  const tabs = browserFlags({ ...look, window: "tabs" }, {});
  expect(tabs).toContain("--start-maximized");
  expect(tabs.at(-1)).toBe("file:///start.html");
});

test.each([
  ["de_CH.UTF-8", "de-CH"],
  ["fr", "fr"],
  ["en_US@euro", "en-US"],
  ["C.UTF-8", "en-US"],
  ["--evil", "en-US"],
  [undefined, "en-US"],
])("LANG=%s speaks %s", (locale, language) => {
  expect(languageOf(locale)).toBe(language);
});

describe("proxy settings", () => {
  test("go to the browser by scheme, without a password on the command line", () => {
    const session = {
      http_proxy: "http://user:secret@proxy:3128",
      HTTPS_PROXY: "proxy.example:8443",
      no_proxy: "localhost,.corp, 10.0.0.0/8",
    };
    const flags = proxyFlags(session);
    expect(flags).toEqual([
      "--proxy-server=http=http://proxy:3128;https=http://proxy.example:8443",
      "--proxy-bypass-list=localhost;*.corp;10.0.0.0/8",
    ]);
    expect(flags.join()).not.toContain("secret");
  });

  test("that are none or nonsense give no flag", () => {
    expect(proxyFlags({})).toEqual([]);
    expect(proxyFlags({ http_proxy: "ftp://x", https_proxy: "::::" })).toEqual([]);
  });

  test("a list that would smuggle in another flag or rule loses that entry", () => {
    expect(proxyFlags({ all_proxy: "socks5://p:1", no_proxy: "a;b, c d,ok" })).toEqual([
      "--proxy-server=http=socks5://p:1;https=socks5://p:1",
      "--proxy-bypass-list=ok",
    ]);
  });
});
