import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { end } from "../../netns/fake-guest.ts";
import { launchChromium } from "../../web/chromium.ts";
import type { Delayed } from "./delay.ts";
import { markerPage } from "./marker.ts";
import { lookAt, type Seen } from "./reader.ts";

/** A tree of files with neko in it, as docs/benchmarks.md says how to make one. */
const ROOT = process.env.BROWSERVM_TEST_NEKO;
const PORT = 8099;
const UDP_PORT = 8098;
/** The reader's own address (reader-link.ts): neither Chromium nor pion gathers candidates of loopback. */
const ADDRESS = "10.77.0.1";
const STARTS_MS = 90_000;
const SETTLE_MS = 4000;
const VIDEO = `document.querySelector("video")`;

/** neko's own default pipeline, with the 30 pictures a second that ours is given in place of its 25. */
const PIPELINES = {
  main: {
    fps: "30",
    gst_encoder: "vp8enc",
    gst_params: {
      "target-bitrate": "round(3072 * 650)",
      "cpu-used": "4",
      "end-usage": "cbr",
      threads: "4",
      deadline: "1",
      undershoot: "95",
      "buffer-size": "(3072 * 4)",
      "buffer-initial-size": "(3072 * 2)",
      "buffer-optimal-size": "(3072 * 3)",
      "keyframe-max-dist": "25",
      "min-quantizer": "4",
      "max-quantizer": "20",
    },
  },
};

const SETTINGS: Readonly<Record<string, string>> = {
  NEKO_SERVER_BIND: `${ADDRESS}:${PORT}`,
  NEKO_SERVER_STATIC: "/var/www",
  NEKO_LEGACY: "true", // what its client speaks
  NEKO_DESKTOP_SCREEN: "1280x720@60", // of the X server; the pictures are the pipeline's
  NEKO_DESKTOP_INPUT_ENABLED: "false",
  NEKO_WEBRTC_ICELITE: "true",
  NEKO_WEBRTC_ICESERVERS_FRONTEND: "[]", // its default asks a server of another's
  NEKO_WEBRTC_ICESERVERS_BACKEND: "[]",
  NEKO_WEBRTC_UDPMUX: String(UDP_PORT),
  NEKO_WEBRTC_NAT1TO1: ADDRESS,
  NEKO_CAPTURE_VIDEO_CODEC: "vp8",
  NEKO_CAPTURE_VIDEO_IDS: "main",
  NEKO_CAPTURE_VIDEO_PIPELINES: JSON.stringify({ ...PIPELINES, legacy: PIPELINES.main }),
};

/** Its X server, its sound server, a Chromium with the page that paints the time, and neko, as its image runs them. */
const INSIDE = `
mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; mount -t tmpfs tmpfs "$0/tmp"
mkdir -p "$0/tmp/home" "$0/tmp/.X11-unix"
exec chroot "$0" /bin/sh -c '
  export HOME=/tmp/home DISPLAY=:99 PULSE_SERVER=unix:/tmp/pulseaudio.socket
  Xvfb :99 -screen 0 1280x720x24 -nolisten tcp >/tmp/x.log 2>&1 &
  pulseaudio --system=false -n -F /etc/neko/default.pa --exit-idle-time=-1 >/tmp/pulse.log 2>&1 &
  until [ -S /tmp/.X11-unix/X99 ]; do sleep 0.1; done
  chromium --no-sandbox --kiosk --window-position=0,0 --window-size=1280,720 --no-first-run --disable-gpu \\
    --disable-software-rasterizer --disable-dev-shm-usage --user-data-dir=/tmp/chromium "$1" >/tmp/chromium.log 2>&1 &
  exec neko serve' sh "$1"`;

/** Whether there is one to compare with. */
export const nekoIsThere = ROOT !== undefined;

/** neko with a browser of its own on this machine, and a person who looks at it in neko's own page. */
export class Neko implements AsyncDisposable {
  static readonly PLACE: Delayed = { host: ADDRESS, ports: [PORT, UDP_PORT] };
  readonly #page: Page;
  readonly #undo: AsyncDisposableStack;

  private constructor(page: Page, undo: AsyncDisposableStack) {
    this.#page = page;
    this.#undo = undo;
  }

  static async start(root = ROOT ?? ""): Promise<Neko> {
    const unshare = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    const neko = spawn("unshare", [...unshare, "sh", "-euc", INSIDE, root, markerPage()], {
      env: { PATH: process.env.PATH, ...SETTINGS },
      stdio: ["ignore", "inherit", "inherit"],
    });
    await using undo = new AsyncDisposableStack();
    undo.defer(() => end(neko));
    const browser = await launchChromium();
    undo.defer(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1680, height: 1000 } });
    await answers(neko);
    return new Neko(page, undo.move());
  }

  /** Its page anew, until it shows the time that neko's browser paints. */
  connectAnew(): Promise<void> {
    return open(this.#page);
  }

  look(ms: number): Promise<Seen> {
    return lookAt(this.#page, VIDEO, ms);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#undo.disposeAsync();
  }
}

async function answers(neko: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + STARTS_MS; Date.now() < deadline; await sleep(200)) {
    if ((neko.exitCode ?? neko.signalCode) !== null) break;
    const answer = await fetch(`http://${ADDRESS}:${PORT}/health`).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error("neko did not start");
}

/** Until neko's page shows the time that its browser paints. */
async function open(page: Page): Promise<void> {
  const deadline = Date.now() + STARTS_MS;
  await page.goto(`http://${ADDRESS}:${PORT}/?usr=reader&pwd=neko`, { timeout: STARTS_MS });
  await page.waitForFunction(`(${VIDEO})?.videoWidth > 0`, undefined, { timeout: STARTS_MS });
  while ((await lookAt(page, VIDEO, 500)).ages.length === 0)
    if (Date.now() > deadline) throw new Error("neko shows no time");
  await page.waitForTimeout(SETTLE_MS);
}
