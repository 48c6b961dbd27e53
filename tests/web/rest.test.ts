import { BrowserVmError } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { displayPixel } from "./chromium.ts";
import { WebFixture } from "./web-fixture.ts";

const SHOWS = { timeout: 15_000 };
const web = WebFixture.use();
const button = (name: string | RegExp) => web.page.getByRole("button", { name });
const live = () => web.page.getByText("Live", { exact: true }).waitFor();
const later = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

const openSession = async () => {
  const life = web.api.seed({ url: "https://example.com/" });
  await web.signIn();
  await web.page.goto(`${web.url}/sessions/${life.session.id}`);
  await live();
  await expect.poll(() => displayPixel(web.page, 20, 20), SHOWS).toEqual([52, 92, 224]);
  return life;
};

const pauseIt = async () => {
  await button("Pause this session").click();
  await web.page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
};

describe("pause and resume", () => {
  test("a pause is shown step by step, then as a view over the last picture; a resume leads back to live", async () => {
    web.api.pace = 300;
    await openSession();
    await pauseIt();
    await web.sees("Pausing example.com");
    await web.sees("Write its memory to disk");
    await web.page.getByRole("heading", { name: "example.com is paused" }).waitFor();
    await web.sees("413 MiB");
    await web.page.locator("img[src^='data:image/jpeg']").waitFor();
    await web.page.getByText("Paused", { exact: true }).waitFor();
    await button("Resume").click();
    await web.page.getByRole("heading", { name: "Resuming example.com" }).waitFor();
    await web.sees("Unpack its memory");
    await web.sees("Set its clock");
    await live();
    await expect.poll(() => displayPixel(web.page, 20, 20), SHOWS).toEqual([52, 92, 224]);
    expect(web.complaints).toEqual([]);
  });

  test("what was done before a pause is not asked of a resume, and each is told apart in the steps", async () => {
    await openSession();
    await pauseIt();
    await button("Resume").click();
    await live();
    await web.page.getByRole("tab", { name: "Steps" }).click();
    const panel = web.page.getByRole("tabpanel");
    for (const name of ["Launch", "Pause", "Resume"]) await panel.getByRole("list", { name }).waitFor();
    expect(web.complaints).toEqual([]);
  });

  test("a pause that somebody else asked for is seen at the display's end, also where no event comes through", async () => {
    const life = await openSession();
    web.api.dropEvents();
    await web.api.rest.pause(life);
    await web.page.getByRole("heading", { name: "example.com is paused" }).waitFor({ timeout: 5000 });
    web.api.rest.resume(life);
    await live();
  });

  test("a pause that fails says why, and the session goes on", async () => {
    web.api.rest.refusePause = new BrowserVmError("DISK_FULL", "2048 MiB are wanted, 12 MiB are free");
    await openSession();
    await pauseIt();
    const dialog = web.page.getByRole("dialog", { name: "It was not paused" });
    await dialog.getByText("2048 MiB are wanted, 12 MiB are free").waitFor();
    await web.page.keyboard.press("Escape");
    await live();
  });

  test("a resume that fails leaves it paused and says why", async () => {
    const life = await openSession();
    web.api.rest.rest(life);
    web.api.rest.failResume = {
      code: "HOST_OUT_OF_MEMORY",
      message: "2048 MiB are wanted, 300 MiB are free",
      fix: "End other sessions.",
    };
    await button("Resume").click();
    await web.sees("2048 MiB are wanted, 300 MiB are free");
    await button("Resume").waitFor();
  });

  test("a session is paused, resumed and found again with the keyboard alone", async () => {
    await openSession();
    await web.tabTo("Pause this session");
    await web.page.keyboard.press("Enter");
    await web.page.getByRole("dialog", { name: "Pause this session?" }).waitFor();
    await expect.poll(() => web.focused()).toBe("Cancel");
    await web.tabTo("Pause");
    await web.page.keyboard.press("Enter");
    await web.page.getByRole("heading", { name: "example.com is paused" }).waitFor();
    await expect.poll(() => web.focused()).toBe("Resume");
    await web.page.keyboard.press("Enter");
    await live();
  });

  test("a viewer sees that it is paused, and has nothing to press", async () => {
    const life = web.api.seed({ url: "https://example.com/" });
    web.api.rest.rest(life);
    web.api.role = "link";
    await web.page.goto(`${web.url}/login#token=one-time-token&next=/sessions/${life.session.id}`);
    await web.sees("Whoever it belongs to can resume it");
    for (const name of ["Resume", "Fork", "End"]) expect(await button(name).count()).toBe(0);
  });

  test("from the list a paused session goes on without being opened", async () => {
    web.api.pace = 200;
    const life = web.api.seed({ url: "https://example.com/" });
    web.api.rest.rest(life);
    await web.signIn();
    const card = web.page.getByRole("listitem").filter({ hasText: "example.com" });
    await card.getByText("413 MiB on disk, memory freed").waitFor();
    await button("Resume session example.com").click();
    await card.getByText("Resuming", { exact: true }).waitFor();
    await card.getByText("Ready").waitFor();
    expect(web.page.url()).toBe(`${web.url}/`);
  });
});

describe("fork", () => {
  test("opens the second session, which tells what it began as; the first one stays", async () => {
    web.api.pace = 150;
    const { session } = await openSession();
    await button("Fork this session").click();
    await web.sees("in a machine with an address and an identity of its own");
    await web.page.getByRole("dialog").getByRole("button", { name: "Fork" }).click();
    await web.page.getByRole("heading", { name: "Forking example.com" }).waitFor();
    await web.sees("Give it an identity of its own");
    await live();
    expect(web.page.url()).not.toContain(session.id);
    await web.page.getByRole("tab", { name: "About" }).click();
    const card = web.page.getByRole("region", { name: "How it began" });
    await card.getByText("Forked from ses_").waitFor();
    await card.getByText("Hostd's own share 54 ms").waitFor();
    await card.getByRole("link", { name: "Open the session that it began as" }).click();
    await web.page.waitForURL(`**/sessions/${session.id}`);
    await live();
  });

  test("a paused session can be forked, and is found paused afterwards", async () => {
    const { session } = await openSession();
    await pauseIt();
    await button("Fork").click();
    await web.page.getByRole("dialog").getByRole("button", { name: "Fork" }).click();
    await live();
    await web.page.getByRole("tab", { name: "About" }).click();
    await web.page.getByRole("link", { name: "Open the session that it began as" }).click();
    await web.page.waitForURL(`**/sessions/${session.id}`);
    await web.page.getByRole("heading", { name: "example.com is paused" }).waitFor();
    await button("Resume").waitFor();
    expect(web.api.calls).not.toContain(`POST /v1/sessions/${session.id}/resume`);
  });
});

describe("how it began", () => {
  test("a launch that waits for its golden snapshot says what the making of it does now", async () => {
    const { session } = web.api.seed({ url: "https://example.com/", status: "pending", readyAt: null });
    const running = { step: "snapshot", status: "running" as const, startedAt: later(-9) };
    if (session.vm)
      web.api.change(session.id, { vm: { ...session.vm, state: "creating", steps: [running] } });
    const snapshot = web.api.stock.snapshot({ state: "building", step: "boot" });
    await web.signIn();
    await web.page.goto(`${web.url}/sessions/${session.id}`);
    await web.sees("It is made now, once for all to come: starting the machine");
    snapshot.step = "browser";
    await web.page.getByText("waiting for the browser to paint").waitFor({ timeout: 5000 });
  });

  test("a session of a pool says so where it lives, with the time of its claim", async () => {
    const timing = { totalMs: 3100, waitedMs: 3052 };
    const life = web.api.seed({ url: "https://example.com/", pool: "warm" });
    if (life.session.vm) life.session.vm = { ...life.session.vm, origin: "snapshot", timing };
    web.api.tell(life.session.id, "session.claimed", { pool: "warm", ms: 12 });
    await web.signIn();
    await web.page.goto(`${web.url}/sessions/${life.session.id}`);
    await web.sees("from pool warm in 12 ms");
    await web.page.getByRole("tab", { name: "About" }).click();
    await web.sees("Made ahead of demand: restored from a snapshot in 3.1 s, hostd's own share 48 ms.");
  });
});

describe("time-outs", () => {
  const nearlyIdle = async () => {
    const life = await openSession();
    const at = later(45);
    web.api.change(life.session.id, { timeouts: { ...life.session.timeouts, idleAt: at, onIdle: "pause" } });
    web.api.tell(life.session.id, "session.warning", { timeout: "idle", at, action: "pause" });
    return life;
  };

  test("are told in words", async () => {
    const life = await openSession();
    const timeouts = { absoluteAt: later(7300), offlineAt: later(3600), idleAt: later(900), onIdle: "pause" };
    web.api.change(life.session.id, { timeouts: timeouts as typeof life.session.timeouts });
    await web.page.getByRole("tab", { name: "About" }).click();
    await web.sees(/Pauses in 1[45] min when nothing is done in it/);
    await web.sees("Ends in 2 h 1 min whatever is done in it");
  });

  test("a warning comes before, and “Keep it” pushes that time-out on, and no other, by whatever clock", async () => {
    const life = await nearlyIdle();
    await web.page.clock.setFixedTime(Date.now() - 1_800_000);
    const bar = web.page.getByRole("alert").filter({ hasText: "This session pauses by itself" });
    await bar.getByText("nothing was done in it").waitFor();
    await bar.getByRole("button", { name: "Keep it" }).click();
    await expect.poll(() => bar.count()).toBe(0);
    const { idleAt, offlineAt } = life.session.timeouts;
    const left = [idleAt, offlineAt].map((at) => Date.parse(at ?? "") - Date.now());
    expect(left.map((ms) => Math.ceil(ms / 60_000))).toEqual([15, 59]);
  });

  test("a warning is found with the keyboard, and can be put away", async () => {
    await nearlyIdle();
    await web.sees("This session pauses by itself");
    await web.tabTo("Keep it");
    await web.tabTo("Hide this warning");
    await web.page.keyboard.press("Enter");
    await expect.poll(() => web.page.getByText("This session pauses by itself").count()).toBe(0);
  });

  test("one that nothing pushes on offers no false hope", async () => {
    const life = await openSession();
    const at = later(50);
    web.api.change(life.session.id, { timeouts: { ...life.session.timeouts, absoluteAt: at } });
    web.api.tell(life.session.id, "session.warning", { timeout: "absolute", at, action: "end" });
    await web.sees("Nothing pushes that on");
    expect(await button("Keep it").count()).toBe(0);
  });
});

describe("how it looks", () => {
  test.each([360, 800])("nothing sticks out of a screen of %i pixels", async (width) => {
    await web.reopen({ viewport: { width, height: 800 } });
    const life = await openSession();
    const at = later(45);
    web.api.change(life.session.id, { timeouts: { ...life.session.timeouts, idleAt: at } });
    web.api.tell(life.session.id, "session.warning", { timeout: "idle", at, action: "pause" });
    await web.sees("This session pauses by itself");
    expect(await web.overflow()).toBe(0);
    await pauseIt();
    await button("Resume").waitFor();
    expect(await web.overflow()).toBe(0);
  });
});
