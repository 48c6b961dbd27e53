import { BrowserVmError } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { displayPixel } from "./chromium.ts";
import { SHOWS, SOON, useSharing } from "./sharing-fixture.ts";

const { web, button, bar, typeButton, live, openAlone, openWithAnna, openByLink, me, typeKey } = useSharing();

describe("the control", () => {
  test("nothing is said to who is alone", async () => {
    await openAlone();
    expect(await bar().textContent()).toBe("");
    await typeKey("a");
    await expect.poll(() => web.api.only.display.keys, SOON).toEqual([0x61]);
  });

  test("who does not have it only looks; it is asked for, and comes without a new connection", async () => {
    const { life } = await openWithAnna();
    await expect.poll(() => displayPixel(web.page, 20, 20), SHOWS).toEqual([52, 92, 224]);
    expect(await typeButton().isDisabled()).toBe(true);
    expect(await button("Fit the VM's display to this window").isDisabled()).toBe(true);
    await typeKey("a");
    expect(web.api.only.display.keys).toEqual([]);
    expect(web.api.only.display.clicks).toEqual([]);
    await button("Ask for it").click();
    await bar().getByText("You asked. Waiting for Anna…").waitFor();
    expect(me(life).asksSince).not.toBeNull();
    web.api.sharing.give(life, me(life).id);
    await web.sees("You have the control now.");
    await expect.poll(() => bar().textContent(), SOON).toBe("");
    await typeKey("b");
    await expect.poll(() => web.api.only.display.keys, SOON).toEqual([0x62]);
    expect(web.api.sharing.comings).toHaveLength(1);
    expect(web.complaints).toEqual([]);
  });

  test("who asked in vain is told", async () => {
    const { life } = await openWithAnna();
    await button("Ask for it").click();
    await bar().getByText("You asked. Waiting for Anna…").waitFor();
    web.api.sharing.refuseAsker(life, me(life).id);
    await web.sees("Not now: Anna has the control.");
    await button("Ask for it").waitFor();
  });

  test("who asked may stop asking", async () => {
    const { life } = await openWithAnna();
    await button("Ask for it").click();
    await button("Stop asking").click();
    await button("Ask for it").waitFor();
    expect(me(life).asksSince).toBeNull();
    expect(await web.page.getByText("Not now").count()).toBe(0);
  });

  test("operators may take it; what nobody has is used at once", async () => {
    const { life, anna } = await openWithAnna();
    await button("Take it").click();
    await expect.poll(() => bar().textContent(), SOON).toBe("");
    expect([me(life).hasControl, anna.hasControl]).toEqual([true, false]);
    await expect.poll(() => typeButton().isEnabled(), SOON).toBe(true);
    web.api.sharing.give(life, anna.id);
    await bar().getByText("Anna has the control.").waitFor();
    web.api.sharing.remove(life, anna.id);
    await bar().getByText("Nobody has the control.").waitFor();
    await button("Use it").click();
    await expect.poll(() => bar().textContent(), SOON).toBe("");
  });

  test("who has it gives it to who asks, or not now", async () => {
    const life = await openAlone();
    const bob = web.api.sharing.join(life, { name: "Bob" });
    web.api.sharing.ask(life, bob.id);
    await bar().getByText("Bob asks for the control.").waitFor(SOON);
    await button("Not now").click();
    await expect.poll(() => bar().textContent(), SOON).toBe("");
    expect([bob.asksSince, bob.hasControl]).toEqual([null, false]);
    web.api.sharing.ask(life, bob.id);
    await button("Give it").click();
    await bar().getByText("Bob has the control.").waitFor();
    expect(bob.hasControl).toBe(true);
    await typeKey("a");
    expect(web.api.only.display.keys).toEqual([]);
  });

  test("who loses it while typing sends nothing more, and the display lets the keyboard go", async () => {
    const life = await openAlone();
    const bob = web.api.sharing.join(life, { name: "Bob" });
    await typeButton().press("Enter");
    await web.page.keyboard.press("a");
    await expect.poll(() => web.api.only.display.keys, SOON).toEqual([0x61]);
    await web.page.getByText("The VM has your keyboard").waitFor();
    web.api.sharing.give(life, bob.id);
    await web.sees("Bob has the control now.");
    await web.page.keyboard.press("b");
    await typeButton().waitFor();
    expect(web.api.only.display.keys).toEqual([0x61]);
    await web.page.getByRole("tab", { name: "Clipboard" }).click();
    await web.sees("Only who has the control can send text to the VM.");
  });

  test("who may only look has nothing to ask for", async () => {
    const life = web.api.seed({ url: "https://example.com/" });
    web.api.sharing.join(life, { name: "Anna", hasControl: true });
    await openByLink(life);
    await bar().getByText("You are watching. Anna has the control.").waitFor();
    expect(await bar().getByRole("button").count()).toBe(0);
    await typeKey("a");
    expect(web.api.only.display.keys).toEqual([]);
  });

  test("who came by a link may ask, but not take", async () => {
    const life = web.api.seed({ url: "https://example.com/" });
    web.api.sharing.guestsMayControl = true;
    web.api.sharing.join(life, { name: "Anna", hasControl: true });
    await openByLink(life);
    await button("Ask for it").waitFor();
    expect(await bar().getByRole("button").count()).toBe(1);
    web.api.sharing.refuse = new BrowserVmError("CONTROL_REFUSED", "Anna wants not to be asked");
    await button("Ask for it").click();
    await bar().getByRole("alert").filter({ hasText: "Anna wants not to be asked" }).waitFor();
  });

  test("it is asked for, taken and given with the keyboard, and the focus is never lost", async () => {
    const { life, anna } = await openWithAnna();
    await web.tabTo("Ask for it");
    await web.page.keyboard.press("Enter");
    await bar().getByText("You asked. Waiting for Anna…").waitFor();
    await expect.poll(() => web.focused(), SOON).toBe("Control");
    await web.tabTo("Take it");
    await web.page.keyboard.press("Enter");
    await expect.poll(() => web.focused(), SOON).toBe("Type in the browser");
    web.api.sharing.ask(life, anna.id);
    await bar().getByText("Anna asks for the control.").waitFor();
    await web.page.keyboard.press("Shift+Tab");
    await expect.poll(() => web.focused(), SOON).toBe("Not now");
    await web.page.keyboard.press("Shift+Tab");
    await web.page.keyboard.press("Enter");
    await bar().getByText("Anna has the control.").waitFor();
    await expect.poll(() => web.focused(), SOON).toBe("Control");
    expect(web.complaints).toEqual([]);
  });
});

describe("a place among the viewers", () => {
  test("who was sent away is told so, and nothing is tried, also where the sign-in is gone", async () => {
    const life = web.api.seed({ url: "https://example.com/" });
    await openByLink(life);
    web.api.sharing.remove(life, me(life).id);
    await web.page.getByRole("heading", { name: "You were sent away" }).waitFor();
    web.api.knowsReaders = false;
    const looks = () => web.api.calls.filter((call) => call.includes("/sessions/")).length;
    await web.page.waitForTimeout(500);
    const before = looks();
    await web.page.waitForTimeout(2500);
    expect(looks()).toBe(before);
    expect(web.api.sharing.comings).toHaveLength(1);
    await button("Try to come back").click();
    await web.page.waitForURL("**/login");
  });

  test("an operator who was sent away can come back", async () => {
    const life = await openAlone();
    web.api.sharing.remove(life, me(life).id);
    await button("Try to come back").click();
    await live();
    expect(web.complaints).toEqual([]);
  });

  test("who was replaced does not fight for the place, and takes it back when asked", async () => {
    await openAlone();
    for (const viewer of web.api.only.viewers.keys()) viewer.close(4007);
    await web.page.getByRole("heading", { name: "It is open in another place" }).waitFor();
    await web.page.waitForTimeout(1500);
    expect(web.api.sharing.comings).toHaveLength(1);
    await button("Use it here").click();
    await live();
    const [first, second] = web.api.sharing.comings;
    expect(second).toBe(first);
  });

  test("is the tab's own: kept when it is loaded anew, and not shared with a copy of it", async () => {
    const life = await openAlone();
    await web.page.reload();
    await live();
    const [first, second] = web.api.sharing.comings;
    expect(first).toMatch(/^vwr_[a-z2-7]{20}$/);
    expect(second).toBe(first);
    const popup = web.page.waitForEvent("popup");
    await web.page.evaluate("void window.open(location.href)");
    await (await popup).getByText("Live", { exact: true }).waitFor();
    expect(web.api.sharing.comings).toHaveLength(3);
    expect(web.api.sharing.comings[2]).not.toBe(first);
    await expect.poll(() => web.api.sharing.viewers(life).length, SOON).toBe(2);
    await button("Share: 2 people are here").waitFor();
  });
});
