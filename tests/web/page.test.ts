import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { displayPixel, launchChromium, openPage, signIn } from "./chromium.ts";
import { LOGIN_TOKEN, MockApi } from "./mock-api.ts";
import { startFront, startPages } from "./web-app.ts";

const SHOWS = { timeout: 15_000 };
let pages: Awaited<ReturnType<typeof startPages>>;
let browser: Browser;
let api: MockApi;
let front: Awaited<ReturnType<typeof startFront>>;
let page: Page;
let complaints: string[];
let leave: () => Promise<void>;

beforeAll(async () => {
  pages = await startPages();
  browser = await launchChromium();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await pages?.close();
});
beforeEach(async () => {
  api = new MockApi();
  front = await startFront(api, pages.port);
  await reopen();
});
afterEach(async () => {
  await leave();
  front.close();
});

async function reopen(options?: BrowserContextOptions): Promise<void> {
  await leave?.();
  const opened = await openPage(browser, options);
  ({ page, complaints } = opened);
  page.setDefaultTimeout(15_000);
  leave = () => opened.context.close();
}

const openSession = async () => {
  const { session } = api.seed({ url: "https://example.com/" });
  await signIn(page, front.url);
  await page.goto(`${front.url}/sessions/${session.id}`);
  await page.getByText("Live", { exact: true }).waitFor();
};
const sees = (text: string | RegExp) => page.getByText(text).first().waitFor();

describe("signing in", () => {
  test("a link's token becomes a cookie and leaves the address bar", async () => {
    await signIn(page, front.url);
    expect(page.url()).toBe(`${front.url}/`);
    expect(complaints).toEqual([]);
  });

  test("without a token the page says which command makes a link", async () => {
    await page.goto(front.url);
    await page.waitForURL("**/login");
    await sees("browservm open");
  });

  test("a link that is pasted while the sign-in page is open works, too", async () => {
    await page.goto(`${front.url}/login`);
    await sees("There is no password");
    await signIn(page, front.url);
  });

  test("a view link leads to its session, which a viewer can neither end nor read the logs of", async () => {
    api.role = "view";
    const { session } = api.seed({ url: "https://example.com/" });
    await page.goto(`${front.url}/login#token=${LOGIN_TOKEN}&next=/sessions/${session.id}`);
    await page.getByText("Live", { exact: true }).waitFor();
    expect(await page.getByRole("button", { name: "End" }).count()).toBe(0);
    expect(await page.getByRole("tab", { name: "Logs" }).count()).toBe(0);
    expect(await page.getByLabel("Address to open in the VM").count()).toBe(0);
  });

  test("a spent token is refused by name, and is not left in the address bar", async () => {
    await signIn(page, front.url);
    await page.context().clearCookies();
    await page.goto(`${front.url}/login#token=${LOGIN_TOKEN}`);
    await sees("This sign-in link was used or has expired");
    expect(page.url()).toBe(`${front.url}/login`);
  });
});

describe("the list of sessions", () => {
  test("an empty list says what this is and offers to start", async () => {
    await signIn(page, front.url);
    await sees("A browser of its own, in a machine of its own");
    await page.getByRole("button", { name: "Start your first session" }).click();
    await page.getByRole("dialog", { name: "New session" }).waitFor();
  });

  test("while the list loads, its shape is already there", async () => {
    await signIn(page, front.url);
    await page.route("**/v1/sessions?*", () => {});
    await page.reload();
    await page.getByRole("status").filter({ hasText: "Loading sessions" }).waitFor();
  });

  test("running sessions show page, image, machine and time left, and failed ones their reason", async () => {
    api.seed({ url: "https://example.com/a" });
    const reason = {
      code: "GUEST_PANICKED",
      message: "Kernel panic: not syncing",
      fix: "Read the console tail.",
    };
    api.seed({ status: "failed", reason, endedAt: new Date().toISOString() });
    await signIn(page, front.url);
    const card = page.getByRole("listitem").filter({ hasText: "example.com/a" });
    await card.getByText("Ready").waitFor();
    await card.getByText("192.168.100.9 · emulated").waitFor();
    await card.getByText(/\d+ min left/).waitFor();
    await card.locator("img").waitFor();
    await sees("Kernel panic: not syncing");
  });

  test("a change arrives by events, without a reload", async () => {
    const { session } = api.seed({ url: "https://example.com/" });
    await signIn(page, front.url);
    await sees("example.com");
    await page.waitForTimeout(300);
    api.change(session.id, { url: "https://changed.example/" });
    await page.getByText("changed.example").waitFor({ timeout: 2000 });
  });

  test("a change arrives also where no event comes through", async () => {
    api.hasEvents = false;
    const { session } = api.seed({ url: "https://example.com/" });
    await signIn(page, front.url);
    await sees("example.com");
    api.change(session.id, { url: "https://changed.example/" });
    await page.getByText("changed.example").waitFor(SHOWS);
  });

  test("when hostd is down it says what, why and what helps, and heals by itself", async () => {
    await signIn(page, front.url);
    api.isHostDown = true;
    await page.reload();
    await sees("Hostd does not answer");
    await sees("hostd's socket /run/browservm/hostd.sock does not answer");
    await page.getByText("Start it with").waitFor();
    await page.getByRole("button", { name: "Copy report" }).click();
    api.isHostDown = false;
    await page.getByText("A browser of its own").waitFor(SHOWS);
  });

  test("a session can be ended from the list, after one question", async () => {
    api.seed({ url: "https://example.com/" });
    await signIn(page, front.url);
    await page.getByRole("button", { name: "End session example.com" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End session" }).click();
    await sees("No session is running");
    expect(api.only.session.status).toBe("ended");
  });
});

describe("a new session", () => {
  test("shows each step of the launch and of the proof, then live pixels", async () => {
    api.pace = 150;
    await signIn(page, front.url);
    await page.getByRole("button", { name: "New session" }).click();
    await page.getByLabel("Page").fill("example.com");
    await page.getByRole("button", { name: "Start session" }).click();
    await page.waitForURL("**/sessions/ses_*");
    await sees("Starting example.com");
    await sees("No KVM on this machine: the VM is emulated");
    await sees("Start the virtual machine");
    await sees("ARP, ping and full-size packets pass both ways");
    await page.getByText("Live", { exact: true }).waitFor();
    await expect.poll(() => displayPixel(page, 20, 20), SHOWS).toEqual([52, 92, 224]);
    expect(api.only.session.url).toBe("https://example.com");
    expect(api.idempotencyKeys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(complaints).toEqual([]);
  });

  test("a wrong field is named before anything is sent", async () => {
    await signIn(page, front.url);
    await page.getByRole("button", { name: "New session" }).click();
    await page.getByLabel("Page").fill("two words");
    await page.getByText("Size, lifetime, environment").click();
    await page.getByLabel("vCPU").fill("99");
    await page.getByRole("button", { name: "Start session" }).click();
    await sees("This is not a web address.");
    await sees("Between 1 and 16.");
    expect(api.lives.size).toBe(0);
  });

  test("a refusal of the server stays in the dialog, with its way out", async () => {
    await signIn(page, front.url);
    await page.getByRole("button", { name: "New session" }).click();
    await page.getByLabel("Image").selectOption("missing");
    await page.getByRole("button", { name: "Start session" }).click();
    await sees("There is no such image");
    await page.getByRole("dialog").getByText("lists the images").waitFor();
  });

  test("a failed proof names the step, its evidence and a fix", async () => {
    await signIn(page, front.url);
    await page.getByRole("button", { name: "New session" }).click();
    await page.getByLabel("Image").selectOption("broken");
    await page.getByRole("button", { name: "Start session" }).click();
    await sees("R6: packets do not pass between host and guest");
    await page.getByRole("button", { name: "Path: failed" }).waitFor();
    await sees("0 of 3 answers: Destination Host Unreachable");
    await sees("GATE_PATH_UNREACHABLE");
  });

  test("a session is started and ended with the keyboard alone", async () => {
    await signIn(page, front.url);
    await sees("A browser of its own");
    await tabTo("New session");
    await page.keyboard.press("Enter");
    await page.keyboard.type("example.com");
    await page.keyboard.press("Enter");
    await page.getByText("Live", { exact: true }).waitFor();
    await tabTo("End");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "End this session?" }).waitFor();
    await tabTo("End session");
    await page.keyboard.press("Enter");
    await sees("This session has ended");
    expect(api.only.session.status).toBe("ended");
  });
});

/** Presses Tab until the button of that name has the focus. */
async function tabTo(name: string): Promise<void> {
  for (let press = 0; press < 40; press += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate("document.activeElement?.textContent?.trim()");
    if (focused === name) return;
  }
  expect.fail(`Tab never came to “${name}”`);
}

describe("the live browser", () => {
  test("typed keys and clicks reach the VM, and its pixels change", async () => {
    await openSession();
    await expect.poll(() => displayPixel(page, 20, 20), SHOWS).toEqual([52, 92, 224]);
    await page.getByTestId("display").click({ position: { x: 100, y: 300 } });
    await page.keyboard.press("a");
    await expect.poll(() => displayPixel(page, 20, 20), SHOWS).toEqual([14, 140, 92]);
    expect(api.only.display.keys).toEqual([0x61]);
    expect(api.only.display.clicks.length).toBeGreaterThan(0);
  });

  test("the keyboard is taken by Enter and given back by Ctrl+Alt+Shift, with no key left pressed", async () => {
    await openSession();
    await page.getByRole("button", { name: "Type in the browser" }).press("Enter");
    await page.keyboard.press("Tab");
    await expect.poll(() => api.only.display.keys).toContain(0xff09);
    for (const key of ["Control", "Alt", "Shift"]) await page.keyboard.down(key);
    for (const key of ["Shift", "Alt", "Control"]) await page.keyboard.up(key);
    await page.getByRole("button", { name: "Type in the browser" }).waitFor();
    const focused = await page.evaluate("document.activeElement?.textContent");
    expect(focused).toContain("Type in the browser");
    const { keys, released } = api.only.display;
    await expect.poll(() => released.toSorted()).toEqual(keys.toSorted());
  });

  test("text crosses the clipboard both ways, and only when asked", async () => {
    await openSession();
    await page.getByRole("tab", { name: "Clipboard" }).click();
    await page.getByLabel("To the VM").fill("hello guest");
    await page.getByRole("button", { name: "Put on its clipboard" }).click();
    await expect.poll(() => api.only.display.clipboard).toBe("hello guest");
    for (const viewer of api.only.viewers.values()) viewer.copy("hello reader");
    await expect.poll(() => page.getByLabel("From the VM").inputValue()).toBe("hello reader");
  });

  test("text can be typed key by key", async () => {
    await openSession();
    await page.getByRole("tab", { name: "Clipboard" }).click();
    await page.getByLabel("To the VM").fill("aé€\n");
    await page.getByRole("button", { name: "Type it" }).click();
    await expect.poll(() => api.only.display.keys).toEqual([0x61, 0xe9, 0x010020ac, 0xff0d]);
  });

  test("a lost connection is named, and comes back by itself", async () => {
    await openSession();
    for (const viewer of api.only.viewers.keys()) viewer.close(4001);
    await sees("The VM's display went away");
    await page.getByText("Live", { exact: true }).waitFor();
    await expect.poll(() => displayPixel(page, 20, 20), SHOWS).toEqual([52, 92, 224]);
  });

  test("the address bar opens a page, and refuses what is none", async () => {
    await openSession();
    const bar = page.getByLabel("Address to open in the VM");
    await bar.fill("two words");
    await bar.press("Enter");
    await sees("This is not a web address.");
    await bar.fill("news.example");
    await bar.press("Enter");
    await expect.poll(() => api.only.session.url).toBe("https://news.example");
  });

  test("a screenshot is a PNG file with the display's size", async () => {
    await openSession();
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save a screenshot" }).click();
    expect((await saving).suggestedFilename()).toMatch(/^browservm-.*\.png$/);
  });

  test("the display takes the size of the window when asked", async () => {
    await openSession();
    await page.getByRole("button", { name: "Make the VM's display as large as this window" }).click();
    await expect.poll(() => api.only.session.viewport.width).not.toBe(1280);
    expect(api.only.session.viewport.height % 2).toBe(0);
  });
});

describe("the side panel", () => {
  test("a click on a part of the path shows its evidence", async () => {
    await openSession();
    await page.getByRole("button", { name: "VMM: proven" }).click();
    await sees("The VMM holds the TAP, with carrier and virtio headers");
    await sees("pid 48121 qemu-system-x86 fd 12 IFF_TAP|IFF_NO_PI|IFF_VNET_HDR");
  });

  test("Enter on a part of the path shows its evidence, too", async () => {
    await openSession();
    await page.getByRole("button", { name: "Guest: proven" }).focus();
    await page.keyboard.press("Enter");
    await sees("192.168.100.9/24 up carrier mtu 1500, default via 192.168.100.1");
  });

  test("arrows move between tabs; logs follow their source and stay bounded", async () => {
    await openSession();
    await page.getByRole("tab", { name: "Network" }).focus();
    await page.keyboard.press("ArrowRight");
    await sees("Prove the network, layer by layer");
    await page.keyboard.press("ArrowRight");
    await page.getByRole("log").getByText("agent line 40: all is well").waitFor();
    await page.getByLabel("Source").selectOption("console");
    await page.getByRole("log").getByText("console line 41: all is well").waitFor();
    expect(await page.getByRole("log").getByText("agent line").count()).toBe(0);
  });

  test("a session's life can be made longer", async () => {
    await openSession();
    await page.getByRole("tab", { name: "About" }).click();
    await page.getByRole("button", { name: "4 h", exact: true }).click();
    await sees(/3 h 59/);
    await sees("52:54:00:a1:00:07");
  });
});

describe("how it looks", () => {
  test.each(["dark", "light"] as const)("it follows a system that is %s", async (colorScheme) => {
    await reopen({ colorScheme });
    await signIn(page, front.url);
    const background = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(background).toBe(colorScheme === "dark" ? "rgb(12, 15, 20)" : "rgb(245, 246, 248)");
  });

  test("a chosen theme wins over the system's, also after a reload", async () => {
    await reopen({ colorScheme: "light" });
    await signIn(page, front.url);
    await page.getByRole("button", { name: "Use the dark theme" }).click();
    await page.reload();
    await page.getByRole("button", { name: "Use the light theme" }).waitFor();
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(12, 15, 20)");
  });

  test("nothing sticks out of a telephone's screen", async () => {
    await reopen({ viewport: { width: 390, height: 844 } });
    const { session } = api.seed({ url: "https://example.com/" });
    await signIn(page, front.url);
    const overflow = "document.documentElement.scrollWidth - innerWidth";
    expect(await page.evaluate(overflow)).toBe(0);
    await page.goto(`${front.url}/sessions/${session.id}`);
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Show the side panel" }).click();
    await page.getByRole("button", { name: "TAP: proven" }).click();
    expect(await page.evaluate(overflow)).toBe(0);
  });

  test("a policy with a nonce guards every page", async () => {
    const reply = await page.goto(`${front.url}/login`);
    const policy = (await reply?.headerValue("content-security-policy")) ?? "";
    expect(policy).toMatch(/script-src 'self' 'nonce-[^']+' 'strict-dynamic'/);
    expect(policy).not.toContain("unsafe");
    expect(complaints).toEqual([]);
  });

  test("what is not there is said so", async () => {
    await page.goto(`${front.url}/sessions/nonsense`);
    await sees("There is nothing here");
  });
});
