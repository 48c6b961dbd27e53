import { join } from "node:path";
import type { BrowserVM, SessionHandle } from "@browservm/sdk";
import { connectToSocket } from "@browservm/sdk/node";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BrowserVmUnderTest } from "../harness/browservm-under-test.ts";
import { openPage } from "./chromium.ts";
import { freeze, keepKilling } from "./guest-faults.ts";
import { SERVER_ADDRESS, ViewerMachine } from "./viewer-machine.ts";
import { WATCH } from "./watch-page.ts";

/** From the click on the link; what it takes on a quiet machine is in docs/live-video.md. */
const LIMIT_MS = 20_000;
const SLOW = { timeout: 60_000, interval: 100 };
/** Moves, plays a tone, and says in its title what was typed. */
const LIVELY = `data:text/html,${encodeURIComponent(`<!doctype html><title>typed:</title>
<style>body{margin:0;background:#eee}div{position:fixed;width:200px;height:200px;background:linear-gradient(45deg,#d33,#36c)}</style>
<div id=b></div><script>
let said = "";
addEventListener("keydown", ({ key }) => { said += key; document.title = "typed:" + said; });
(function move() { const t = performance.now(); b.style.transform = "translate(" + (t / 4 % 1000) + "px," + (250 + 150 * Math.sin(t / 400)) + "px)"; requestAnimationFrame(move); })();
const context = new AudioContext(), tone = context.createOscillator(), gain = context.createGain();
gain.gain.value = 0.4; tone.frequency.value = 440; tone.connect(gain).connect(context.destination); tone.start();
addEventListener("pointerdown", () => context.resume());
</script>`)}`;

let browserVm: BrowserVmUnderTest;
let client: BrowserVM & AsyncDisposable;
let session: SessionHandle;
let machine: ViewerMachine;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  machine = new ViewerMachine();
  browserVm = await BrowserVmUnderTest.start({
    BROWSERVM_VMM__DRIVER: "container",
    BROWSERVM_LISTEN: `${SERVER_ADDRESS}:4000`,
  });
  client = connectToSocket(join(browserVm.dir, "r/ctl/controller.sock"));
  session = await client.sessions.create({ image: "browser" });
  await session.waitFor("ready");
  await client.sessions.navigate(session.id, LIVELY);
  browser = await machine.launch(`http://${SERVER_ADDRESS}:4000`);
});
afterAll(async () => {
  await browser?.close();
  await client?.[Symbol.asyncDispose]();
  await browserVm?.[Symbol.asyncDispose]();
  machine?.[Symbol.dispose]();
});

/** For who reads the run. */
const note = (what: string, ms: number) => process.stderr.write(`${what}: ${Math.round(ms)} ms\n`);
async function succeeds(...xdotool: string[]): Promise<boolean> {
  for await (const event of session.exec({ command: ["xdotool", ...xdotool] }))
    if (event.type === "exit") return event.code === 0;
  return false;
}
/** Whether the page in the guest says in its title what was typed. */
const hasTyped = () => succeeds("search", "--name", "typed:x");

/** What the doctor blames. */
const named = async () => {
  const { findings } = await client.sessions.examine(session.id);
  return findings
    .filter(({ verdict, suppressedBy }) => verdict === "fail" && suppressedBy.length === 0)
    .map(({ code }) => code);
};
const way = () => page.getByTestId("way").textContent();

describe("a shared link, on a machine with only Chromium", () => {
  test("shows the page in the VM move, sounds, and lets its holder type", { timeout: 180_000 }, async () => {
    // It plays already when the link is opened; a page may sound only after it was clicked.
    await expect.poll(() => succeeds("search", "--name", "typed:"), SLOW).toBe(true);
    await succeeds("mousemove", "640", "400", "click", "1");
    const link = (await browserVm.cli("share", "link", session.id, "--name", "Ann")) as {
      url: string;
    };
    ({ page } = await openPage(browser));
    await page.addInitScript(WATCH);
    const began = performance.now();
    await page.goto(link.url);
    await expect.poll(() => page.evaluate("videoFrames() > 3"), SLOW).toBe(true);
    const moved = performance.now() - began;
    await page.locator("[data-testid=display] canvas").click();
    await page.keyboard.type("x");
    await page.getByRole("button", { name: "Let the VM be heard" }).click();
    const since = async (seen: () => Promise<unknown>) => {
      await expect.poll(seen, SLOW).toBe(true);
      return performance.now() - began;
    };
    const [typed, sounded] = await Promise.all([
      since(hasTyped),
      since(() => page.evaluate(`soundOf("totalAudioEnergy").then((energy) => energy > 0.001)`)),
    ]);
    note("click on the link → the page moves", moved);
    note("click on the link → a typed character is in the guest", typed);
    note("click on the link → sound with energy", sounded);
    expect(Math.max(moved, typed, sounded)).toBeLessThan(LIMIT_MS);
  });

  test("is told by the doctor: nothing while it works, the gateway when that was killed, and nothing again", {
    timeout: 120_000,
  }, async () => {
    expect(await named()).toEqual([]);
    process.kill((await browserVm.services()).gateway ?? 0, "SIGKILL");
    expect(await named()).toEqual(["live-gateway-down"]);
    await expect.poll(named, SLOW).toEqual([]);
    await expect.poll(way, SLOW).toMatch(/^Video by/);
  });
});

describe("H.264", () => {
  /** What the browser says of the picture that it decodes: how many of them, and by which codec. */
  const decoded = () =>
    page.evaluate<{ frames: number; codec: string; terms: string } | null>(`(async () => {
      for (const peer of peers.filter(({ connectionState }) => connectionState === "connected")) {
        const all = await peer.getStats();
        const video = [...all.values()].find(({ type, kind }) => type === "inbound-rtp" && kind === "video");
        const codec = video && all.get(video.codecId);
        if (codec) return { frames: video.framesDecoded, codec: codec.mimeType, terms: codec.sdpFmtpLine ?? "" };
      }
      return null;
    })()`);
  const choose = async (codec: string) => {
    await page.getByRole("button", { name: "Quality of the picture" }).click();
    await page.getByRole("combobox", { name: "Codec" }).selectOption(codec);
    await page.keyboard.press("Escape");
  };

  test("that the guest encodes comes by WebRTC and is decoded, and so is VP8 after it", {
    timeout: 180_000,
  }, async () => {
    await expect.poll(way, SLOW).toMatch(/^Video by WebRTC/);
    await choose("h264");
    await expect.poll(async () => (await decoded())?.codec, SLOW).toBe("video/H264");
    const before = await decoded();
    expect(before?.terms).toMatch(/packetization-mode=1/);
    expect(before?.terms).toMatch(/profile-level-id=42e01f/);
    const more = async () => ((await decoded())?.frames ?? 0) - (before?.frames ?? 0);
    await expect.poll(more, SLOW).toBeGreaterThan(20);
    await choose("vp8");
    await expect.poll(async () => (await decoded())?.codec, SLOW).toBe("video/VP8");
  });
});

describe("a fault in the guest is told by the doctor, and heals", () => {
  const isWell = async () => {
    await expect.poll(way, SLOW).toMatch(/^Video by/);
    await expect.poll(named, SLOW).toEqual([]);
  };

  test("a frozen guest", { timeout: 180_000 }, async () => {
    await isWell();
    {
      using _ = freeze((await session.refresh()).vm?.id ?? "");
      // What hostd finds explains the silent picture.
      await expect.poll(named, SLOW).toEqual(["guest-silent"]);
    }
    await isWell();
  });

  test("an encoder that dies again and again", { timeout: 180_000 }, async () => {
    {
      await using _ = keepKilling(session, { pattern: "[m]edia.mjs", eachSeconds: 4 });
      await expect.poll(named, SLOW).toEqual(["live-helper-restarting"]);
    }
    await expect.poll(way, SLOW).toMatch(/^Video by/);
  });

  test("a display that is killed again and again: the page says so, too", { timeout: 180_000 }, async () => {
    {
      await using _ = keepKilling(session, { pattern: "[X]tigervnc", eachSeconds: 2 });
      await page.getByText("The VM's display does not run: ").waitFor();
      // It is there again soon each time, and so is the browser that dies with it: neither hides the cause.
      await expect.poll(named, SLOW).toContain("live-display-gone");
      expect(await named()).not.toContain("browser-dead");
    }
    await expect.poll(way, SLOW).toMatch(/^Video by/);
  });
});
