import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import type { Readable } from "node:stream";
import { chromium, type Page } from "playwright-core";
import type { WebSocket } from "ws";
import { InputGate } from "../../packages/controller/src/live-view/input-gate.ts";
import { SocketBridge } from "../../packages/controller/src/live-view/socket-bridge.ts";
import { displayKeymap } from "../../packages/guest-agent/src/display/keymap.ts";
import { end } from "../netns/fake-guest.ts";
import { CHROMIUM } from "./chromium.ts";
import { ImageRoot } from "./image-root.ts";

const RFB_PORT = 5997;
const STARTS_MS = 30_000;
const SIZE = { width: 1280, height: 720 };

/** The display server of a VM, of its image, with a browser on it whose page is one field to write in; all on this machine. */
export class GuestDisplay implements AsyncDisposable {
  readonly page: Page;
  readonly #rest: AsyncDisposable;

  private constructor(page: Page, rest: AsyncDisposable) {
    this.page = page;
    this.#rest = rest;
  }

  static async start(): Promise<GuestDisplay> {
    await using undo = new AsyncDisposableStack();
    const root = undo.use(new ImageRoot("browser"));
    // as the guest's agent starts it
    const args = ["-geometry", `${SIZE.width}x${SIZE.height}`, "-depth", "24", "-rfbport", String(RFB_PORT)];
    args.push("-localhost", "-SecurityTypes", "None", "-AlwaysShared", "-nolisten", "tcp", "-displayfd", "3");
    const server = spawn(...root.command("Xtigervnc", ...args), {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    undo.defer(() => end(server));
    const signal = AbortSignal.timeout(STARTS_MS);
    const [said] = await once(server.stdio[3] as Readable, "data", { signal });
    const name = `:${String(said).trim()}`;
    execFileSync(...root.command("xkbcomp", "-w0", "-", name), { input: displayKeymap() });
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      headless: false,
      env: { ...process.env, DISPLAY: name },
      args: ["--no-sandbox", "--disable-gpu", "--kiosk", "--window-position=0,0", "--no-first-run"],
    });
    undo.defer(() => browser.close());
    const page = await browser.newPage({ viewport: null });
    await page.setContent(
      `<textarea autofocus style="position:fixed;inset:0;width:100vw;height:100vh"></textarea>`,
    );
    await page.locator("textarea").focus();
    return new GuestDisplay(page, undo.move());
  }

  /** Joins a viewer with the display, as the controller does. */
  take(ws: WebSocket): void {
    const gate = new InputGate({ hasControl: () => true, onInput: () => {} });
    const guest = connect(RFB_PORT, "127.0.0.1");
    guest.on("error", () => {});
    new SocketBridge({ ws, guest, filter: (chunk) => gate.push(chunk), isAllowed: async () => true });
  }

  /** What stands in the field. */
  written(): Promise<string> {
    return this.page.locator("textarea").inputValue();
  }

  async clear(): Promise<void> {
    await this.page.locator("textarea").fill("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rest[Symbol.asyncDispose]();
  }
}
