import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import type { Readable } from "node:stream";
import { type Browser, chromium, type Page } from "playwright-core";
import type { WebSocket } from "ws";
import { InputGate } from "../../packages/controller/src/live-view/input-gate.ts";
import { SocketBridge } from "../../packages/controller/src/live-view/socket-bridge.ts";
import { displayKeymap } from "../../packages/guest-agent/src/display/keymap.ts";
import { CHROMIUM } from "./chromium.ts";

const RFB_PORT = 5997;
const SIZE = { width: 1280, height: 720 };

/** The display server of a VM, with a browser on it whose page is one field to write in; all on this machine. */
export class GuestDisplay implements AsyncDisposable {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #server: ChildProcess;

  private constructor(parts: { page: Page; browser: Browser; server: ChildProcess }) {
    this.page = parts.page;
    this.#browser = parts.browser;
    this.#server = parts.server;
  }

  static async start(): Promise<GuestDisplay> {
    await using undo = new AsyncDisposableStack();
    // as the guest's agent starts it
    const args = ["-geometry", `${SIZE.width}x${SIZE.height}`, "-depth", "24", "-rfbport", String(RFB_PORT)];
    args.push("-localhost", "-SecurityTypes", "None", "-AlwaysShared", "-nolisten", "tcp", "-displayfd", "3");
    const server = spawn("Xtigervnc", args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    undo.defer(() => void server.kill());
    const [said] = await once(server.stdio[3] as Readable, "data");
    const name = `:${String(said).trim()}`;
    execFileSync("xkbcomp", ["-w0", "-", name], { input: displayKeymap() });
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
    undo.move();
    return new GuestDisplay({ page, browser, server });
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
    await this.#browser.close();
    this.#server.kill();
  }
}
