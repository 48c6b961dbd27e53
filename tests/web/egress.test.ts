import { BrowserVmError, type EgressPolicy, type EgressReport } from "@browservm/contract";
import { expect, test } from "vitest";
import { WebFixture } from "./web-fixture.ts";

const SOON = { timeout: 10_000 };
const POLICY: EgressPolicy = { allow: ["example.com", "*.example.net:443"], deny: ["bad.example.com"] };
const web = WebFixture.use();
const button = (name: string | RegExp) => web.page.getByRole("button", { name });
const panel = () => web.page.getByRole("tabpanel");
const field = (label: string) => panel().getByLabel(label, { exact: true });

async function openPanel(): Promise<void> {
  const { session } = web.api.seed({ url: "https://example.com/" });
  await web.signIn();
  await web.page.goto(`${web.url}/sessions/${session.id}`);
  await web.page.getByRole("tab", { name: "Egress" }).click();
}

test("the panel tells the policy, what was asked, what was refused, and how the proxy is", async () => {
  const at = "2026-01-02T03:04:05.000Z";
  const queries: EgressReport["queries"] = [
    {
      at,
      name: "www.example.net",
      type: "A",
      verdict: "allowed",
      rule: "*.example.net:443",
      addresses: [],
      ms: 1,
    },
    { at, name: "ads.example", type: "A", verdict: "denied", addresses: [], ms: 1 },
  ];
  const problem = {
    code: "PROXY_UNREACHABLE",
    message: "203.0.113.9:3128 refuses the connection",
    fix: "Start it.",
  };
  const seen = ["connect 203.0.113.9:3128: ECONNREFUSED"];
  const about: EgressReport["proxy"] = {
    status: "down",
    exit: null,
    checkedAt: at,
    ms: null,
    evidence: seen,
    problem,
    connections: 0,
  };
  web.api.egress.seed(
    { ...POLICY, proxy: { url: "http://203.0.113.9:3128" } },
    { refused: { packets: 17, bytes: 1020 }, queries, proxy: about },
  );
  await openPanel();
  const policy = panel().getByRole("list", { name: "Policy" }).getByRole("listitem");
  await expect
    .poll(() => policy.allInnerTexts(), SOON)
    .toEqual([
      "denied bad.example.com",
      "allowed example.com",
      "allowed *.example.net:443",
      "denied all else",
    ]);
  await web.sees("17 packets refused");
  const rows = panel().getByRole("table").getByRole("row");
  await expect(rows.nth(1).textContent()).resolves.toMatch(
    /03:04:05www\.example\.net Aallowed \*\.example\.net:443/,
  );
  await expect(rows.nth(2).textContent()).resolves.toMatch(/ads\.example Adenied/);
  const proxy = panel().getByRole("region", { name: "Proxy" });
  await expect(proxy.textContent()).resolves.toMatch(
    /down, 0 connections[\s\S]*not asked[\s\S]*refuses the connection/,
  );
  await proxy.getByText("What was seen").click();
  await proxy.getByText("ECONNREFUSED").waitFor();
  expect(web.complaints).toEqual([]);
});

test("a policy is set by keyboard; what means nothing is told by its line, and a refusal leaves all as it was", async () => {
  await openPanel();
  await web.sees("No policy: it goes where");
  await button("Change").focus();
  await web.page.keyboard.press("Enter");
  await panel().locator("textarea:focus").waitFor();
  await web.page.keyboard.type("example.com\n*.com");
  expect(await field("Allowed").inputValue()).toBe("example.com\n*.com");
  await button("Put in force").press("Enter");
  await web.sees(/Line 2: “\*\.com”/);
  expect(web.api.egress.asked).toEqual([]);
  await field("Allowed").fill("example.com");
  await field("Proxy").fill("socks5://203.0.113.9");
  await field("User name at the proxy").fill("ann");
  await field("Password at the proxy").fill("planted-secret");
  web.api.egress.refuse = new BrowserVmError("PROXY_AUTH_REFUSED", "203.0.113.9:1080 refuses ann");
  await button("Put in force").click();
  await web.sees("203.0.113.9:1080 refuses ann");
  web.api.egress.refuse = null;
  await button("Put in force").click();
  await web.sees("In force.");
  await expect.poll(() => web.focused(), SOON).toBe("Egress");
  const credentials = { username: "ann", password: "planted-secret" };
  const proxy = { url: "socks5://203.0.113.9", credentials };
  expect(web.api.egress.asked.at(-1)).toEqual({ allow: ["example.com"], deny: [], proxy });
  await web.sees("203.0.113.80");
  await web.sees(", with credentials");
  // Without a new name and password those that are known stay.
  await button("Change").click();
  await field("Denied").fill("bad.example.com");
  await button("Put in force").click();
  await expect.poll(() => web.api.egress.asked.length, SOON).toBe(3);
  expect(web.api.egress.asked.at(-1)?.proxy?.credentials).toMatch(/^pxc_/);
  expect(await web.page.content()).not.toContain("planted-secret");
  expect(web.complaints.filter((one) => !one.includes("422"))).toEqual([]);
});

test("the tabs that do not fit beside it are reached by keys, come into sight, and are told of by a shade", async () => {
  await openPanel();
  const strip = `document.querySelector("[role=tablist]").parentElement`;
  const ask = <T>(words: string) => web.page.evaluate<T>(words);
  // As letters of another font or size may make them.
  await ask(`void (document.querySelector("[role=tablist]").style.zoom = "1.3")`);
  const isInSight = (id: string) =>
    ask<boolean>(`(() => {
      const [strip, tab] = [${strip}, document.querySelector("#tab-${id}")].map((one) => one.getBoundingClientRect());
      return tab.left > strip.left - 1 && tab.right < strip.right + 1;
    })()`);
  expect(await ask<number>(`${strip}.scrollWidth - ${strip}.clientWidth`)).toBeGreaterThan(0);
  await web.page.keyboard.press("End");
  await expect.poll(() => web.focused(), SOON).toBe("Clipboard");
  expect(await isInSight("clipboard")).toBe(true);
  expect(await isInSight("network")).toBe(false);
  await web.page.keyboard.press("ArrowRight");
  await expect.poll(() => web.focused(), SOON).toBe("Network");
  expect(await isInSight("network")).toBe(true);
  const shades = await ask<string>(`getComputedStyle(${strip}).backgroundAttachment`);
  expect(shades).toBe("local, local, scroll, scroll");
});

test("while it loads its shape is there; a failure says what helps", async () => {
  await web.signIn();
  await web.page.route("**/egress", (route) => route.abort());
  const { session } = web.api.seed();
  await web.page.goto(`${web.url}/sessions/${session.id}`);
  await web.page.getByRole("tab", { name: "Egress" }).click();
  await button("Try again").waitFor();
  await web.page.unroute("**/egress");
  await button("Try again").click();
  await web.sees("No policy: it goes where");
});
