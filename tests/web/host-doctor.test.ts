import { BrowserVmError } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { WebFixture } from "./web-fixture.ts";

const web = WebFixture.use();
const port = (name: string) => web.page.getByRole("button", { name: new RegExp(`^${name}: `) });

describe("a red edge", () => {
  test("a TAP without a bridge is drawn apart, and opens its finding with evidence and fix", async () => {
    web.api.host.plug(3);
    web.api.host.orphan("bv-2");
    await web.openHost();
    await web.page
      .getByRole("region", { name: "Not plugged in" })
      .getByRole("button", { name: "bv-2" })
      .click();
    const dialog = web.page.getByRole("dialog", { name: "bv-2" });
    await dialog.getByText("bv-2 exists and is up, but hangs on no bridge").waitFor();
    await dialog.getByText("no master (planned: fcbr0)").waitFor();
    await dialog.getByText("ip link set bv-2 master fcbr0").waitFor();
    await dialog.getByText("Interrupts: nothing").waitFor();
    await dialog.getByText("What this explains 3").click();
    await dialog.getByText("The guest does not reach 192.168.100.1.").waitFor();
  });

  test("a bridge that is down opens the host's report on it", async () => {
    web.api.host.plug(1);
    web.api.host.isBridgeDown = true;
    await web.openHost();
    await web.page.getByRole("button", { name: /^Bridge fcbr0 down/ }).click();
    await web.page.getByRole("dialog").getByText("fcbr0 was set down").waitFor();
  });

  test("a port that is well is only examined when asked, and is found healthy", async () => {
    web.api.host.plug(2);
    await web.openHost();
    await port("bv-1").click();
    const dialog = web.page.getByRole("dialog", { name: "bv-1" });
    expect(web.api.calls).not.toContain("POST /v1/doctor");
    await dialog.getByRole("button", { name: "Examine this VM" }).click();
    await dialog.getByText("Healthy: 31 checks passed.").waitFor();
  });

  test("a dialog stays when what it is about is gone", async () => {
    web.api.host.plug(2);
    await web.openHost();
    await port("bv-2").click();
    web.api.host.ports.pop();
    await web.page.getByRole("dialog").getByText("It is no longer like this").waitFor();
  });
});

describe("the doctor", () => {
  test("a healthy host is said to be so, with all that was looked at by layer", async () => {
    web.api.host.plug(2);
    await web.openHost();
    await web.runDoctor();
    await web.sees("Healthy: 46 checks passed.");
    const layers = web.page.getByRole("region", { name: "Every check, by layer" });
    await layers.getByText("Firewall").click();
    await layers.getByText("Our rules are as we wrote them").waitFor();
  });

  test("what could not be told stands apart, and is no pass", async () => {
    web.api.host.plug(1);
    web.api.host.isGuestUnknown = true;
    await web.openHost();
    await web.runDoctor();
    await web.sees("Nothing broken was seen, but not all could be looked at. 1 thing could not be told.");
    await web.sees("That is no pass");
    await web.sees("The control channel was not asked");
  });

  test("two causes are two cards, each with its own evidence", async () => {
    web.api.host.plug(3);
    web.api.host.orphan("bv-1");
    web.api.host.areRulesMissing = true;
    await web.openHost();
    await web.runDoctor();
    await web.sees("2 causes found, which explain 3 symptoms.");
    await web.page.getByRole("article", { name: /bv-1 exists and is up/ }).waitFor();
    await web.page.getByRole("article", { name: /Our nftables tables are gone/ }).waitFor();
  });

  test("a doctor who cannot come says why, and can be asked again", async () => {
    web.api.host.refusal = new BrowserVmError("HOST_UNREACHABLE", "hostd's socket does not answer");
    await web.openHost();
    await web.runDoctor();
    await web.sees("hostd's socket does not answer");
    web.api.host.refusal = null;
    await web.page.getByRole("button", { name: "Look again" }).click();
    await web.sees("Healthy: 16 checks passed.");
  });
});

describe("the fix", () => {
  const openFix = async () => {
    web.api.host.plug(3);
    web.api.host.orphan("bv-2");
    await web.openHost();
    await web.runDoctor();
    await web.page.getByRole("button", { name: "Fix" }).click();
    const dialog = web.page.getByRole("dialog", { name: "Shall this be done?" });
    await dialog.getByText("Plug bv-2 into fcbr0, isolated").waitFor();
  };

  test("shows its steps, asks, repairs, and shows what is seen afterwards", async () => {
    await openFix();
    expect(web.api.host.orphans).toHaveLength(1);
    await web.page.getByRole("button", { name: "Do it" }).click();
    const done = web.page.getByRole("dialog", { name: "What was done" });
    await done.getByText(/Looked again: Healthy/).waitFor();
    expect(web.api.host.orphans).toHaveLength(0);
    await done.getByRole("button", { name: "Close" }).last().click();
    await web.sees(/^Healthy: 61 checks passed/);
    await expect
      .poll(() => web.page.getByRole("region", { name: "Not plugged in" }).count(), { timeout: 10_000 })
      .toBe(0);
    expect(web.complaints).toEqual([]);
  });

  test("does nothing when it is not wanted", async () => {
    await openFix();
    await web.page.getByRole("button", { name: "Not now" }).click();
    await expect.poll(() => web.page.getByRole("dialog").count()).toBe(0);
    expect(web.api.host.orphans).toHaveLength(1);
  });

  test("a step that fails is told with its error, and what is still broken", async () => {
    web.api.host.isFixInVain = true;
    await openFix();
    await web.page.getByRole("button", { name: "Do it" }).click();
    const done = web.page.getByRole("dialog", { name: "What was done" });
    await done.getByText("Operation not permitted (EPERM)").waitFor();
    await done.getByText("Still there: tap-orphan.").waitFor();
    await done.getByText("A step failed").waitFor();
  });

  test("a lost answer is told, and can be tried again", async () => {
    await openFix();
    web.api.host.refusal = new BrowserVmError("HOST_UNREACHABLE", "hostd went away");
    await web.page.getByRole("button", { name: "Do it" }).click();
    const dialog = web.page.getByRole("dialog", { name: "It did not work" });
    await dialog.getByText("hostd went away").waitFor();
    web.api.host.refusal = null;
    await dialog.getByRole("button", { name: "Try again" }).click();
    await web.page.getByRole("dialog", { name: "Shall this be done?" }).waitFor();
  });
});

describe("the keyboard", () => {
  test("everything is reached by Tab, opened by Enter, closed by Escape, and focus comes back", async () => {
    web.api.host.plug(2);
    web.api.host.orphan("bv-2");
    web.api.host.repaired();
    await web.openHost();
    for (const name of [/^Uplink/, /^Firewall/, /^Bridge fcbr0/, /^Canary/, /^bv-1: /, /^bv-2not plugged/]) {
      await web.tabTo(name);
      const before = await web.focused();
      await web.page.keyboard.press("Enter");
      await web.page.getByRole("dialog").waitFor();
      await web.page.keyboard.press("Escape");
      await expect.poll(() => web.page.getByRole("dialog").count()).toBe(0);
      // its packets go on, so only its name is compared
      expect((await web.focused()).slice(0, 5)).toBe(before.slice(0, 5));
    }
    await web.tabTo("What does tap-orphan mean?");
    await web.page.keyboard.press("Enter");
    await web.page.getByRole("dialog", { name: "tap-orphan" }).waitFor();
    await web.page.keyboard.press("Escape");
    await expect.poll(() => web.focused()).toBe("What does tap-orphan mean?");
  });

  test("a fix is done with the keyboard alone, and a dialog within a dialog closes alone", async () => {
    web.api.host.plug(2);
    web.api.host.orphan("bv-2");
    await web.openHost();
    await web.tabTo(/^bv-2not plugged/);
    await web.page.keyboard.press("Enter");
    await web.sees("hangs on no bridge");
    await web.tabTo("What does tap-orphan mean?");
    await web.page.keyboard.press("Enter");
    await web.page.getByRole("dialog", { name: "tap-orphan" }).waitFor();
    await web.page.keyboard.press("Escape");
    await web.page.getByRole("dialog", { name: "bv-2" }).waitFor();
    await web.tabTo("Fix");
    await web.page.keyboard.press("Enter");
    await web.page.getByRole("button", { name: "Do it" }).waitFor();
    await web.tabTo("Do it");
    await web.page.keyboard.press("Enter");
    await web.sees("Looked again: Healthy");
    expect(web.api.host.orphans).toEqual([]);
  });
});
