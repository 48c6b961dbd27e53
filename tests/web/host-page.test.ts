import { describe, expect, test } from "vitest";
import { WebFixture } from "./web-fixture.ts";

const web = WebFixture.use();
const port = (name: string) => web.page.getByRole("button", { name: new RegExp(`^${name}: `) });

describe("the picture of the bridge", () => {
  test("an administrator comes to it from the list of sessions", async () => {
    await web.signIn();
    await web.page.getByRole("link", { name: "Host" }).click();
    await web.page.getByRole("heading", { name: "This host" }).waitFor();
  });

  test("without VMs there are still the bridge, the way out, the rules and the canary", async () => {
    await web.openHost();
    await web.sees("No VM is plugged in");
    await web.page.getByRole("button", { name: /^Bridge fcbr0 up, carrier/ }).waitFor();
    await web.page.getByRole("button", { name: "Uplink bv-up" }).waitFor();
    await web.page.getByRole("button", { name: "Firewall rules loaded" }).waitFor();
    await web.page.getByRole("button", { name: "Canary nobody reaches it" }).waitFor();
    await web.sees("Nothing had to be");
    expect(web.complaints).toEqual([]);
  });

  test("each of three ports shows its session, its isolation, and its packets from two looks", async () => {
    web.api.host.plug(3);
    await web.openHost();
    const items = web.page.getByRole("list", { name: "Ports of the bridge" }).getByRole("listitem");
    expect(await items.count()).toBe(3);
    const second = items.filter({ hasText: "bv-2" });
    await second.getByText("isolated").waitFor();
    await second.getByRole("link", { name: /^ses_/ }).waitFor();
    await expect.poll(() => second.textContent(), { timeout: 8000 }).toMatch(/(139|140|141)↑?/);
    expect(web.complaints).toEqual([]);
  });

  test("250 ports stay in the page, and one of them is found by its name", async () => {
    web.api.host.plug(250);
    await web.openHost();
    const items = web.page.getByRole("list", { name: "Ports of the bridge" }).getByRole("listitem");
    expect(await items.count()).toBe(250);
    expect(await web.overflow()).toBe(0);
    await web.page.getByRole("searchbox").fill("bv-217");
    await expect.poll(() => items.count()).toBe(1);
    await items.first().getByText("isolated").waitFor();
    await web.page.getByRole("searchbox").fill("nothing like it");
    await web.sees("No port fits what you look for");
    expect(web.complaints).toEqual([]);
  });

  test("troubles alone can be shown, and say what they are", async () => {
    web.api.host.plug(40);
    web.api.host.ports = web.api.host.ports.map((one) =>
      one.name === "bv-7" ? { ...one, carrier: false } : one,
    );
    await web.openHost();
    await web.sees("40 plugged in, 1 in trouble");
    await web.page.getByRole("button", { name: "Troubles only (1)" }).click();
    const items = web.page.getByRole("list", { name: "Ports of the bridge" }).getByRole("listitem");
    await expect.poll(() => items.count()).toBe(1);
    await items.getByText("no carrier").waitFor();
  });

  test("it is looked at every two seconds while it is seen, and not while it is hidden", async () => {
    await web.openHost();
    const before = web.api.host.looks;
    await expect.poll(() => web.api.host.looks, { timeout: 9000 }).toBeGreaterThan(before + 1);
    const show = (state: string) =>
      web.page.evaluate(
        `Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
         document.dispatchEvent(new Event("visibilitychange"))`,
      );
    await show("hidden");
    await web.page.waitForTimeout(300);
    const hidden = web.api.host.looks;
    await web.page.waitForTimeout(5000);
    expect(web.api.host.looks).toBe(hidden);
    await show("visible");
    await expect.poll(() => web.api.host.looks, { timeout: 4000 }).toBeGreaterThan(hidden);
  });
});

describe("what was healed", () => {
  test("a repair appears at the top as soon as it happened, with cause, time and code", async () => {
    web.api.host.repaired({ cause: "bv-1 was down", code: "tap-down", step: "set bv-1 up" });
    await web.openHost();
    const items = web.page.getByRole("list", { name: "Repairs, newest first" }).getByRole("listitem");
    await items.getByText("bv-1 was down").waitFor();
    const repair = web.api.host.repaired({ outcome: "held-off", suspects: ["NetworkManager"] });
    web.api.tell("host", "network.repair", repair);
    await expect.poll(() => items.count(), { timeout: 3000 }).toBe(2);
    await items.first().getByText("bv-2 had lost its bridge").waitFor();
    await items.first().getByText("held off").waitFor();
    await items.first().getByText("Perhaps by NetworkManager").waitFor();
    await items.last().getByText("healed in 34 ms").waitFor();
  });

  test("a code leads to its explanation", async () => {
    web.api.host.repaired();
    await web.openHost();
    await web.page.getByRole("button", { name: "What does tap-orphan mean?" }).click();
    const dialog = web.page.getByRole("dialog", { name: "tap-orphan" });
    await dialog.getByText("browservm doctor --explain tap-orphan").waitFor();
    await dialog.getByText("bv-2 had lost its bridge").waitFor();
  });
});

describe("other states", () => {
  test("while the bridge is looked at, the shape of the page is there", async () => {
    await web.signIn();
    await web.page.route("**/v1/host/network", () => {});
    await web.page.goto(`${web.url}/host`);
    await web.page.getByRole("status").filter({ hasText: "Looking at the bridge" }).waitFor();
  });

  test("when hostd is down it says what helps, shows what was last known, and heals by itself", async () => {
    web.api.host.plug(1);
    await web.openHost();
    web.api.isHostDown = true;
    await web.sees("Hostd does not answer");
    await web.sees("Below is what was last known");
    expect(await port("bv-1").count()).toBe(1);
    web.api.isHostDown = false;
    await expect.poll(() => web.page.getByText("Hostd does not answer").count(), { timeout: 9000 }).toBe(0);
  });

  test("who may not see the host is told so, has no link to it, and asks no further", async () => {
    web.api.role = "member";
    await web.signIn();
    expect(await web.page.getByRole("link", { name: "Host" }).count()).toBe(0);
    await web.page.goto(`${web.url}/host`);
    await web.sees("Only administrators see the whole host");
    const asked = web.api.calls.length;
    await web.page.waitForTimeout(3000);
    expect(web.api.calls.slice(asked).filter((call) => call.includes("/host/network"))).toEqual([]);
  });

  test("a stranger is led to the sign-in page", async () => {
    await web.page.goto(`${web.url}/host`);
    await web.page.waitForURL("**/login");
  });
});

describe("how it looks", () => {
  test.each(["dark", "light"] as const)("it follows a system that is %s", async (colorScheme) => {
    await web.reopen({ colorScheme });
    web.api.host.plug(3);
    await web.openHost();
    const background = await web.page.evaluate(
      "getComputedStyle(document.querySelector('section')).backgroundColor",
    );
    expect(background).toBe(colorScheme === "dark" ? "rgb(20, 24, 31)" : "rgb(255, 255, 255)");
    expect(web.complaints).toEqual([]);
  });

  test.each([360, 800, 2560])("nothing sticks out of a screen of %i pixels", async (width) => {
    await web.reopen({ viewport: { width, height: 900 } });
    web.api.host.plug(30);
    web.api.host.orphan("bv-2");
    web.api.host.repaired({ cause: "a-word-without-an-end".repeat(8) });
    await web.openHost();
    await web.runDoctor();
    await web.sees("1 cause found");
    expect(await web.overflow()).toBe(0);
  });

  test("who wants less motion gets no blinking lights", async () => {
    await web.reopen({ reducedMotion: "reduce" });
    web.api.host.plug(3);
    await web.openHost();
    await web.page.locator("[data-busy=much]").first().waitFor();
    const times = await web.page.evaluate(
      "[...document.querySelectorAll('[data-busy]')].map((one) => getComputedStyle(one).animationIterationCount)",
    );
    expect(new Set(times as string[])).toEqual(new Set(["1"]));
  });
});
