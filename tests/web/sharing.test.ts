import { BrowserVmError } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { displayPixel } from "./chromium.ts";
import { type Life, LOGIN_TOKEN } from "./mock-api.ts";
import { WebFixture } from "./web-fixture.ts";

const SHOWS = { timeout: 15_000 };
const SOON = { timeout: 5000 };
const web = WebFixture.use();
const button = (name: string | RegExp) => web.page.getByRole("button", { name });
const dialog = (name: string | RegExp) => web.page.getByRole("dialog", { name });
const bar = () => web.page.getByRole("region", { name: "Control" });
const typeButton = () => button("Type in the browser");
const live = () => web.page.getByText("Live", { exact: true }).waitFor();
const later = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

/** Opens a session in which a test may have put others before. */
const openSession = async (life: Life) => {
  await web.signIn();
  await web.page.goto(`${web.url}/sessions/${life.session.id}`);
  await live();
  await button(/^Share: \d/).waitFor();
};
const openAlone = async () => {
  const life = web.api.seed({ url: "https://example.com/" });
  await openSession(life);
  return life;
};
/** Anna came before us, and has the control. */
const openWithAnna = async () => {
  const life = web.api.seed({ url: "https://example.com/" });
  const anna = web.api.sharing.join(life, { name: "Anna", hasControl: true });
  await openSession(life);
  await bar().getByText("Anna has the control.").waitFor();
  return { life, anna };
};
const openByLink = async (life: Life) => {
  web.api.role = "view";
  await web.page.goto(`${web.url}/login#token=${LOGIN_TOKEN}&next=/sessions/${life.session.id}`);
  await live();
};
const openDialog = async () => {
  await button(/^Share: /).click();
  await dialog("Share this session").waitFor();
};
/** Our own place in the list. */
const me = (life: Life) => {
  const mine = web.api.sharing.viewers(life).find(({ id }) => id === web.api.sharing.comings.at(-1));
  if (!mine) throw new Error("we are not among the viewers");
  return mine;
};
const person = (name: string) =>
  web.page.getByRole("list", { name: "People who are here" }).getByRole("listitem").filter({ hasText: name });
const typeKey = async (key: string) => {
  await web.page.getByTestId("display").click({ position: { x: 100, y: 300 } });
  await web.page.keyboard.press(key);
};

describe("links", () => {
  test("one is made, shown once and copied; the list keeps what it is good for", async () => {
    await openAlone();
    await openDialog();
    await web.sees("No link lets anybody in now.");
    await web.page.getByLabel("may control").check();
    await web.page.getByLabel("For whom").fill("Anna");
    await web.page.getByLabel("Good for").selectOption({ label: "1 day" });
    await web.page.getByLabel(/Once only/).check();
    await button("Make a link").click();
    const field = web.page.getByLabel("The link for Anna");
    expect(await field.inputValue()).toContain("/login#token=secret-1&next=/sessions/ses_");
    await expect
      .poll(() => field.evaluate("document.activeElement?.value"), SOON)
      .toContain("token=secret-1");
    await button("Copy link").click();
    await button("Copied").waitFor();
    expect(web.api.sharing.links).toMatchObject([{ name: "Anna", role: "control", oneTime: true }]);
    const item = web.page.getByRole("list", { name: "Links of use" }).getByRole("listitem");
    await item.getByText(/may control, once only, 23 h 59 left, not used yet/).waitFor();
    await web.page.keyboard.press("Escape");
    await openDialog();
    await item.getByText("Anna").waitFor();
    expect(await web.page.getByLabel("The link for Anna").count()).toBe(0);
    expect(await dialog("Share this session").getByText("secret-1").count()).toBe(0);
    expect(web.complaints).toEqual([]);
  });

  test("one is revoked, with a question before, and who came by it is gone", async () => {
    const life = await openAlone();
    const link = web.api.sharing.link({ name: "Bob" });
    web.api.sharing.join(life, { name: "Bob", linkId: link.id });
    await openDialog();
    await person("Bob").waitFor();
    await button("Revoke the link: Bob").click();
    await dialog("Revoke the link for Bob?").getByText("the one who came by it is sent away now").waitFor();
    await dialog("Revoke the link for Bob?").getByRole("button", { name: "Revoke" }).click();
    await web.page.getByText("1 old link").click();
    await web.page.getByRole("list", { name: "Old links" }).getByText("Revoked", { exact: true }).waitFor();
    await expect.poll(() => person("Bob").count(), SOON).toBe(0);
    expect(link.revokedAt).not.toBeNull();
    expect(web.complaints).toEqual([]);
  });

  test("what they are good for is told in words", async () => {
    await openAlone();
    web.api.sharing.link({ name: "Gone", revokedAt: later(-60) });
    web.api.sharing.link({ name: "Late", expiresAt: later(-60) });
    web.api.sharing.link({ name: "Spent", oneTime: true, spentAt: later(-60) });
    web.api.sharing.link({ name: "Fresh" });
    await openDialog();
    const line = (name: string) => web.page.getByRole("listitem").filter({ hasText: name });
    await line("Fresh").getByText("Open", { exact: true }).waitFor();
    await line("Spent").getByText("Used", { exact: true }).waitFor();
    await web.page.getByText("2 old links").click();
    await line("Late").getByText("Expired", { exact: true }).waitFor();
    await line("Gone").getByText("revoked 1 min ago").waitFor();
    expect(await button(/Revoke the link/).count()).toBe(2);
  });

  test("while they load their shape is there; what cannot be had is said, and tried again", async () => {
    await openAlone();
    web.api.sharing.refuse = new BrowserVmError("RATE_LIMITED", "too many calls");
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await web.page.route("**/view-tokens", async (route) => {
      await held;
      await route.continue();
    });
    await openDialog();
    await web.page.getByRole("status").filter({ hasText: "Loading the links" }).waitFor();
    release();
    await dialog("Share this session").getByText("too many calls").waitFor(SHOWS);
    web.api.sharing.refuse = null;
    await button("Try again").click();
    await web.sees("No link lets anybody in now.");
  });

  test("a link that is not made says why, and what was typed stays", async () => {
    await openAlone();
    await openDialog();
    web.api.sharing.refuse = new BrowserVmError("DISK_FULL", "the database cannot grow");
    await web.page.getByLabel("For whom").fill("Anna");
    await button("Make a link").click();
    await web.sees("the database cannot grow");
    expect(await web.page.getByLabel("For whom").inputValue()).toBe("Anna");
  });

  test("all of it is done with the keyboard, and the focus comes back", async () => {
    await openAlone();
    await web.tabTo(/^Share: /);
    await web.page.keyboard.press("Enter");
    await dialog("Share this session").waitFor();
    await web.page.keyboard.press("ArrowDown");
    expect(await web.page.getByLabel("may control").isChecked()).toBe(true);
    await web.tabTo("Make a link");
    await web.page.keyboard.press("Enter");
    await web.page.getByLabel("The link", { exact: true }).waitFor();
    await web.tabTo(/^Revoke the link/);
    await web.page.keyboard.press("Enter");
    await expect.poll(() => web.focused(), SOON).toBe("Keep it");
    await web.tabTo("Revoke");
    await web.page.keyboard.press("Enter");
    await web.sees("1 old link");
    await expect.poll(() => web.focused(), SOON).toBe("Links");
    await web.page.keyboard.press("Escape");
    await expect.poll(() => web.focused(), SOON).toMatch(/^Share: /);
    expect(web.complaints).toEqual([]);
  });
});

describe("who is here", () => {
  test("is counted at the button, and listed as they come and go", async () => {
    const life = await openAlone();
    await button("Share: 1 person is here").waitFor();
    await openDialog();
    await person("operator")
      .getByText(/^has the control, operator/)
      .waitFor();
    const bob = web.api.sharing.join(life, { name: "Bob", canControl: false });
    await person("Bob").getByText("may only look, by a link, for 2 min").waitFor(SOON);
    web.api.sharing.remove(life, bob.id);
    await expect.poll(() => person("Bob").count(), SOON).toBe(0);
    await web.page.keyboard.press("Escape");
    await button("Share: 1 person is here").waitFor();
  });

  test("operators give the control there, take it back, and send people away", async () => {
    const life = await openAlone();
    const bob = web.api.sharing.join(life, { name: "Bob" });
    await openDialog();
    await button("Give control to Bob").click();
    await button("Take back control from Bob").waitFor();
    expect(bob.hasControl).toBe(true);
    await button("Take back control from Bob").click();
    await button("Give control to Bob").waitFor();
    expect(me(life).hasControl).toBe(true);
    await button("Send Bob away").click();
    await dialog("Send Bob away?").getByText("They cannot come back by the same sign-in.").waitFor();
    await dialog("Send Bob away?").getByRole("button", { name: "Send away" }).click();
    await expect.poll(() => person("Bob").count(), SOON).toBe(0);
    expect(web.complaints).toEqual([]);
  });

  test("who came by a link sees who is here, and can change nothing about it", async () => {
    const life = web.api.seed({ url: "https://example.com/" });
    web.api.sharing.join(life, { name: "Anna", via: "operator", hasControl: true });
    await openByLink(life);
    await button("Who is here: 2 people are here").click();
    await dialog("Who is here").waitFor();
    await person("Guest").getByText("You", { exact: true }).waitFor();
    await person("Anna")
      .getByText(/has the control, operator/)
      .waitFor();
    expect(await dialog("Who is here").getByRole("button").count()).toBe(1); // Close
    expect(web.api.calls.some((call) => call.includes("view-tokens"))).toBe(false);
  });

  test("a controller that cannot tell who is here still shows the session", async () => {
    const { session } = await openAlone();
    await web.page.route("**/viewers", (route) => route.abort());
    web.api.tell(session.id, "session.viewers", {});
    await button("Share: it is not known who is here").waitFor(SHOWS);
    await typeKey("a");
    await expect.poll(() => web.api.only.display.keys, SOON).toEqual([0x61]);
  });
});

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

describe("how it looks", () => {
  test.each([360, 800])("nothing sticks out of a screen of %i pixels", async (width) => {
    await web.reopen({ viewport: { width, height: 800 } });
    const { life } = await openWithAnna();
    web.api.sharing.join(life, {
      name: "A person with a name of sixty letters, as long as it can get",
      canControl: false,
    });
    web.api.sharing.link({ name: "Somebody-with-a-name-that-has-no-space-in-it-at-all", role: "control" });
    expect(await web.overflow()).toBe(0);
    await openDialog();
    await button("Make a link").click();
    await web.page.getByLabel("The link", { exact: true }).waitFor();
    const inner = "document.querySelector('dialog[open]')";
    expect(await web.page.evaluate(`${inner}.scrollWidth - ${inner}.clientWidth`)).toBe(0);
    expect(await web.overflow()).toBe(0);
  });
});
