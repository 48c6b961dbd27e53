import { ProxyCredentialsId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { displayPixel } from "./chromium.ts";
import { LOGIN_TOKEN } from "./mock-api.ts";
import { WebFixture } from "./web-fixture.ts";

const CREDENTIALS = ProxyCredentialsId.parse(`pxc_${"a".repeat(20)}`);
const SHOWS = { timeout: 15_000 };
const web = WebFixture.use();

const openSession = async () => {
  const { session } = web.api.seed({ url: "https://example.com/" });
  await web.signIn();
  await web.page.goto(`${web.url}/sessions/${session.id}`);
  await web.page.getByText("Live", { exact: true }).waitFor();
};

describe("signing in", () => {
  test("a link's token becomes a cookie and leaves the address bar", async () => {
    await web.signIn();
    expect(web.page.url()).toBe(`${web.url}/`);
    expect(web.complaints).toEqual([]);
  });

  test("without a token the page says which command makes a link", async () => {
    await web.page.goto(web.url);
    await web.page.waitForURL("**/login");
    await web.sees("browservm open");
  });

  test("a link that is pasted while the sign-in page is open works, too", async () => {
    await web.page.goto(`${web.url}/login`);
    await web.sees("Sign in to BrowserVM");
    await web.signIn();
  });

  test("a view link leads to its session, which a viewer can neither end nor read the logs of", async () => {
    web.api.role = "link";
    const { session } = web.api.seed({ url: "https://example.com/" });
    await web.page.goto(`${web.url}/login#token=${LOGIN_TOKEN}&next=/sessions/${session.id}`);
    await web.page.getByText("Live", { exact: true }).waitFor();
    expect(await web.page.getByRole("button", { name: "End" }).count()).toBe(0);
    expect(await web.page.getByRole("tab", { name: "Logs" }).count()).toBe(0);
    expect(await web.page.getByLabel("Address to open in the VM").count()).toBe(0);
  });

  test("a spent token is refused by name, and is not left in the address bar", async () => {
    await web.signIn();
    await web.page.context().clearCookies();
    await web.page.goto(`${web.url}/login#token=${LOGIN_TOKEN}`);
    await web.sees("This sign-in link was used or has expired");
    expect(web.page.url()).toBe(`${web.url}/login`);
  });
});

describe("the list of sessions", () => {
  test("an empty list says what this is and offers to start", async () => {
    await web.signIn();
    await web.sees("A browser of its own, in a machine of its own");
    await web.page.getByRole("button", { name: "Start your first session" }).click();
    await web.page.getByRole("dialog", { name: "New session" }).waitFor();
  });

  test("while the list loads, its shape is already there", async () => {
    await web.signIn();
    await web.page.route("**/v1/sessions?*", () => {});
    await web.page.reload();
    await web.page.getByRole("status").filter({ hasText: "Loading sessions" }).waitFor();
  });

  test("running sessions show page, image, machine and time left, and failed ones their reason", async () => {
    web.api.seed({ url: "https://example.com/a" });
    const reason = {
      code: "GUEST_PANICKED",
      message: "Kernel panic: not syncing",
      fix: "Read the console tail.",
    };
    web.api.seed({ status: "failed", reason, endedAt: new Date().toISOString() });
    await web.signIn();
    const card = web.page.getByRole("listitem").filter({ hasText: "example.com/a" });
    await card.getByText("Ready").waitFor();
    await card.getByText("192.168.100.9 · emulated").waitFor();
    await card.getByText(/\d+ min left/).waitFor();
    await card.locator("img").waitFor();
    await web.sees("Kernel panic: not syncing");
  });

  test("a change arrives by events, without a reload", async () => {
    const { session } = web.api.seed({ url: "https://example.com/" });
    await web.signIn();
    await web.sees("example.com");
    await web.page.waitForTimeout(300);
    web.api.change(session.id, { url: "https://changed.example/" });
    await web.page.getByText("changed.example").waitFor({ timeout: 2000 });
  });

  test("a change arrives also where no event comes through", async () => {
    web.api.events.isOpen = false;
    const { session } = web.api.seed({ url: "https://example.com/" });
    await web.signIn();
    await web.sees("example.com");
    web.api.change(session.id, { url: "https://changed.example/" });
    await web.page.getByText("changed.example").waitFor(SHOWS);
  });

  test("when hostd is down it says what, why and what helps, and heals by itself", async () => {
    await web.signIn();
    web.api.isHostDown = true;
    await web.page.reload();
    await web.sees("Hostd does not answer");
    await web.sees("hostd's socket /run/browservm/hostd.sock does not answer");
    await web.page.getByText("Start it with").waitFor();
    await web.page.getByRole("button", { name: "Copy report" }).click();
    web.api.isHostDown = false;
    await web.page.getByText("A browser of its own").waitFor(SHOWS);
  });

  test("a session can be ended from the list, after one question", async () => {
    web.api.seed({ url: "https://example.com/" });
    await web.signIn();
    await web.page.getByRole("button", { name: "End session example.com" }).click();
    await web.page.getByRole("dialog").getByRole("button", { name: "End session" }).click();
    await web.sees("No session is running");
    expect(web.api.only.session.status).toBe("ended");
  });
});

describe("a new session", () => {
  test("shows each step of the launch and of the proof, then live pixels", async () => {
    web.api.pace = 150;
    await web.signIn();
    await web.page.getByRole("button", { name: "New session" }).click();
    await web.page.getByLabel("Page").fill("example.com");
    await web.page.getByRole("button", { name: "Start session" }).click();
    await web.page.waitForURL("**/sessions/ses_*");
    await web.sees("Starting example.com");
    await web.sees("No KVM on this machine: the VM is emulated");
    await web.sees("Start the virtual machine");
    await web.sees("ARP, ping and full-size packets pass both ways");
    await web.page.getByText("Live", { exact: true }).waitFor();
    await expect.poll(() => displayPixel(web.page, 20, 20), SHOWS).toEqual([52, 92, 224]);
    expect(web.api.only.session.url).toBe("https://example.com");
    expect(web.api.idempotencyKeys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(web.complaints).toEqual([]);
  });

  test("a wrong field is named before anything is sent", async () => {
    await web.signIn();
    await web.page.getByRole("button", { name: "New session" }).click();
    await web.page.getByLabel("Page").fill("two words");
    await web.page.getByText("Size, start, lifetime, environment").click();
    await web.page.getByLabel("vCPU").fill("99");
    await web.page.getByRole("button", { name: "Start session" }).click();
    await web.sees("This is not a web address.");
    await web.sees("Between 1 and 16.");
    expect(web.api.lives.size).toBe(0);
  });

  test("a refusal of the server stays in the dialog, with its way out", async () => {
    await web.signIn();
    await web.page.getByRole("button", { name: "New session" }).click();
    await web.page.getByLabel("Image").selectOption("missing");
    await web.page.getByRole("button", { name: "Start session" }).click();
    await web.sees("There is no such image");
    await web.page.getByRole("dialog").getByText("lists the images").waitFor();
  });

  test("a failed proof names the step, its evidence and a fix", async () => {
    await web.signIn();
    await web.page.getByRole("button", { name: "New session" }).click();
    await web.page.getByLabel("Image").selectOption("broken");
    await web.page.getByRole("button", { name: "Start session" }).click();
    await web.sees("R6: packets do not pass between host and guest");
    await web.page.getByRole("button", { name: "Path: failed" }).waitFor();
    await web.sees("0 of 3 answers: Destination Host Unreachable");
    await web.sees("GATE_PATH_UNREACHABLE");
  });

  test("a session is started and ended with the keyboard alone", async () => {
    await web.signIn();
    await web.sees("A browser of its own");
    await web.tabTo("New session");
    await web.page.keyboard.press("Enter");
    await web.page.keyboard.type("example.com");
    await web.page.keyboard.press("Enter");
    await web.page.getByText("Live", { exact: true }).waitFor();
    await web.tabTo("End");
    await web.page.keyboard.press("Enter");
    await web.page.getByRole("dialog", { name: "End this session?" }).waitFor();
    await web.tabTo("End session");
    await web.page.keyboard.press("Enter");
    await web.sees("This session has ended");
    expect(web.api.only.session.status).toBe("ended");
    await web.tabTo("Start another");
    await web.page.keyboard.press("Enter");
    await expect
      .poll(() => web.page.getByRole("dialog").getByLabel("Page").inputValue())
      .toBe("https://example.com");
    await web.page.keyboard.press("Escape");
    expect(await web.focused()).toBe("Start another");
  });

  test("another one goes where the one before might, with its clipboard, and is not begun without knowing that", async () => {
    const ended = { status: "ended", endedAt: new Date().toISOString() } as const;
    const clipboard = { toGuest: true, fromGuest: false };
    const { session } = web.api.seed({ ...ended, url: "https://example.com/", clipboard });
    const proxy = { url: "socks5://203.0.113.9:1080", expectExit: "203.0.113.9" };
    const policy = { allow: ["example.com"], deny: ["bad.example.com"] };
    web.api.egress.seed({ ...policy, proxy: { ...proxy, credentials: CREDENTIALS } }, { inForce: false });
    await web.signIn();
    await web.page.route("**/egress", (route) => route.abort());
    await web.page.goto(`${web.url}/sessions/${session.id}`);
    const start = web.page.getByRole("button", { name: "Start another" });
    await start.click();
    await web.page.getByRole("alert").waitFor();
    expect(await web.page.getByRole("dialog").count()).toBe(0);
    await web.page.unroute("**/egress");
    await start.click();
    const dialog = web.page.getByRole("dialog");
    await expect.poll(() => dialog.getByLabel("Allowed", { exact: true }).inputValue()).toBe("example.com");
    expect(await dialog.getByLabel("Viewers see what is copied in it").isChecked()).toBe(false);
    const begin = dialog.getByRole("button", { name: "Start session" });
    await begin.click();
    await dialog.locator("[aria-invalid=true]").waitFor();
    expect(web.api.created).toEqual([]);
    await dialog.getByLabel("User name at the proxy").fill("ann");
    await dialog.getByLabel("Password at the proxy").fill("planted-secret");
    await begin.click();
    await expect.poll(() => web.api.created).toHaveLength(1);
    expect(web.api.created[0]).toEqual({
      image: "browser",
      url: "https://example.com/",
      project: "default",
      egress: {
        ...policy,
        proxy: { ...proxy, credentials: { username: "ann", password: "planted-secret" } },
      },
      clipboard,
    });
  });
});

describe("the live browser", () => {
  test("typed keys and clicks reach the VM, and its pixels change", async () => {
    await openSession();
    await expect.poll(() => displayPixel(web.page, 20, 20), SHOWS).toEqual([52, 92, 224]);
    await web.page.getByTestId("display").click({ position: { x: 100, y: 300 } });
    await web.page.keyboard.press("a");
    await expect.poll(() => displayPixel(web.page, 20, 20), SHOWS).toEqual([14, 140, 92]);
    expect(web.api.only.display.keys).toEqual([0x61]);
    expect(web.api.only.display.clicks.length).toBeGreaterThan(0);
  });

  test("the keyboard is taken by Enter and given back by Ctrl+Alt+Shift, with no key left pressed", async () => {
    await openSession();
    await web.page.getByRole("button", { name: "Type in the browser" }).press("Enter");
    await web.page.keyboard.press("Tab");
    await expect.poll(() => web.api.only.display.keys).toContain(0xff09);
    for (const key of ["Control", "Alt", "Shift"]) await web.page.keyboard.down(key);
    for (const key of ["Shift", "Alt", "Control"]) await web.page.keyboard.up(key);
    await web.page.getByRole("button", { name: "Type in the browser" }).waitFor();
    const focused = await web.page.evaluate("document.activeElement?.textContent");
    expect(focused).toContain("Type in the browser");
    const { keys, released } = web.api.only.display;
    await expect.poll(() => released.toSorted()).toEqual(keys.toSorted());
  });

  test("text crosses the clipboard both ways, and only when asked", async () => {
    await openSession();
    await web.page.getByRole("tab", { name: "Clipboard" }).click();
    await web.page.getByLabel("To the VM").fill("hello guest");
    await web.page.getByRole("button", { name: "Put on its clipboard" }).click();
    await expect.poll(() => web.api.only.display.clipboard).toBe("hello guest");
    for (const viewer of web.api.only.viewers.values()) viewer.copy("hello reader");
    await expect.poll(() => web.page.getByLabel("From the VM").inputValue()).toBe("hello reader");
  });

  test("text can be typed key by key", async () => {
    await openSession();
    await web.page.getByRole("tab", { name: "Clipboard" }).click();
    await web.page.getByLabel("To the VM").fill("aé€\n");
    await web.page.getByRole("button", { name: "Type it" }).click();
    await expect.poll(() => web.api.only.display.keys).toEqual([0x61, 0xe9, 0x010020ac, 0xff0d]);
  });

  test("a lost connection is named, and comes back by itself", async () => {
    await openSession();
    for (const viewer of web.api.only.viewers.keys()) viewer.close(4001);
    await web.sees("The VM's display went away");
    await web.page.getByText("Live", { exact: true }).waitFor();
    await expect.poll(() => displayPixel(web.page, 20, 20), SHOWS).toEqual([52, 92, 224]);
  });

  test("the address bar opens a page, and refuses what is none", async () => {
    await openSession();
    const bar = web.page.getByLabel("Address to open in the VM");
    await bar.fill("two words");
    await bar.press("Enter");
    await web.sees("This is not a web address.");
    await bar.fill("news.example");
    await bar.press("Enter");
    await expect.poll(() => web.api.only.session.url).toBe("https://news.example");
  });

  test("a screenshot is a PNG file with the display's size", async () => {
    await openSession();
    const saving = web.page.waitForEvent("download");
    await web.page.getByRole("button", { name: "Save a screenshot" }).click();
    expect((await saving).suggestedFilename()).toMatch(/^browservm-.*\.png$/);
  });

  test("the display follows the window while that is wanted, over the same connection", async () => {
    await openSession();
    const fit = web.page.getByRole("button", { name: "Fit the VM's display to this window" });
    await web.sees("1280 × 720");
    await web.page.setViewportSize({ width: 1240, height: 800 });
    await web.page.waitForTimeout(600);
    expect(web.api.resizes).toEqual([]);
    await fit.click();
    await expect.poll(() => web.api.resizes.length).toBe(1);
    for (const width of [1230, 1210, 1101]) await web.page.setViewportSize({ width, height: 701 });
    await expect.poll(() => web.api.resizes.length).toBe(2);
    const [first, second] = web.api.resizes;
    expect([first?.width, second?.height].every((side = 1) => side % 2 === 0)).toBe(true);
    expect(second?.width).toBeLessThan(first?.width ?? 0);
    await web.sees(`${second?.width} × ${second?.height}`);
    await fit.click();
    await web.page.setViewportSize({ width: 1280, height: 800 });
    await web.page.waitForTimeout(600);
    expect(web.api.resizes).toHaveLength(2);
    expect(web.api.sharing.comings).toHaveLength(1);
  });
});

describe("the side panel", () => {
  test("a click on a part of the path shows its evidence", async () => {
    await openSession();
    await web.page.getByRole("button", { name: "VMM: proven" }).click();
    await web.sees("The VMM holds the TAP, with carrier and virtio headers");
    await web.sees("pid 48121 qemu-system-x86 fd 12 IFF_TAP|IFF_NO_PI|IFF_VNET_HDR");
  });

  test("Enter on a part of the path shows its evidence, too", async () => {
    await openSession();
    await web.page.getByRole("button", { name: "Guest: proven" }).focus();
    await web.page.keyboard.press("Enter");
    await web.sees("192.168.100.9/24 up carrier mtu 1500, default via 192.168.100.1");
  });

  test("arrows move between tabs; logs follow their source and stay bounded", async () => {
    await openSession();
    await web.page.getByRole("tab", { name: "Network" }).focus();
    await web.page.keyboard.press("ArrowRight");
    await web.sees("Prove the network, layer by layer");
    await web.page.keyboard.press("ArrowRight");
    await web.page.getByRole("log").getByText("agent line 40: all is well").waitFor();
    await web.page.getByLabel("Source").selectOption("console");
    await web.page.getByRole("log").getByText("console line 41: all is well").waitFor();
    expect(await web.page.getByRole("log").getByText("agent line").count()).toBe(0);
  });

  test("a session's life can be made longer", async () => {
    await openSession();
    await web.page.getByRole("tab", { name: "About" }).click();
    await web.page.getByRole("button", { name: "4 h", exact: true }).click();
    await web.sees(/3 h 59/);
    await web.sees("52:54:00:a1:00:07");
  });
});
