import { BrowserVmError } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { later, SHOWS, SOON, useSharing } from "./sharing-fixture.ts";

const { web, button, dialog, openAlone, openWithAnna, openByLink, openDialog, me, person, typeKey } =
  useSharing();

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
    await item.getByText(/may control, once only, 23 h 59 min left, not used yet/).waitFor();
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
