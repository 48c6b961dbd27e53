import {
  type BodyOf,
  BrowserVmError,
  CHANNEL_LIMITS,
  type ExecFrame,
  type hostRoutes,
  type LogLine,
  type QueryOf,
  type SecretFile,
  type VmId,
} from "@browservm/contract";
import { captureFrame } from "../display/capture-frame.ts";
import { encodePng } from "../display/encode-png.ts";
import { exec } from "../guest/exec.ts";
import { getFile, putFile } from "../guest/files.ts";
import { followAgentLog, followJournal, tailAgentLog, tailJournal } from "../guest/logs.ts";
import { follow } from "../logs/follow.ts";
import { tail } from "../logs/tail.ts";
import type { LiveVm } from "./live-vm.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmService } from "./vm-service.ts";

type LogQuery = QueryOf<typeof hostRoutes.vmLogs>;

const HOME = "/home/browser";
const AUTHORIZED_KEYS = `${HOME}/.ssh/authorized_keys`;
const HOST_KEYS = ["/etc/ssh/ssh_host_ed25519_key.pub"];
const MAX_KEY_FILE_BYTES = 65_536;
const CALL_MS = 5000;
/** A program has to start in the guest, and the display to hear of it. */
const CLIPBOARD_MS = 10_000;

/** What people and programs do with a ready VM: run, read, look, steer. */
export class VmDesk {
  readonly #vms: VmService;
  readonly #deps: VmDeps;

  constructor(vms: VmService, deps: VmDeps) {
    this.#vms = vms;
    this.#deps = deps;
  }

  async *exec(
    id: VmId,
    request: BodyOf<typeof hostRoutes.execInVm>,
    signal: AbortSignal,
  ): AsyncGenerator<ExecFrame> {
    const { cwd, env, stdin, ...start } = request;
    const optional = {
      ...(cwd ? { cwd } : {}),
      ...(env ? { env } : {}),
      ...(stdin === undefined ? {} : { stdin }),
    };
    const { guest } = await this.#vms.settled(id);
    yield* exec(guest, { ...start, ...optional }, { signal, callMs: this.#patience().timeoutMs });
  }

  /** Console and VMM log can be read in any state; the guest's own logs need its agent. */
  async *logs(id: VmId, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
    this.#vms.mustExist(id);
    for await (const line of this.#lines(id, query, signal)) yield { source: query.source, line };
  }

  async screenshot(id: VmId, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const stream = await (await this.#withBrowser(id)).openStream("vnc", signal);
    try {
      return new Uint8Array(encodePng(await captureFrame(stream, this.#deadline(signal))));
    } finally {
      stream.destroy();
    }
  }

  async navigate(id: VmId, url: string, signal: AbortSignal): Promise<void> {
    const { guest } = await this.#withBrowser(id);
    const { accepted, errorText, ms } = await guest.call(
      "browser.navigate",
      { url },
      { ...this.#patience(), signal },
    );
    this.#deps.log.debug({ vmId: id, cdpMs: ms }, "navigated");
    if (!accepted)
      throw new BrowserVmError(
        "GUEST_CALL_FAILED",
        // What follows its path may be secret, and errors are logged.
        `the browser refused ${url.replace(/[?#].*$/s, "?…")}: ${errorText ?? "no reason given"}`,
      );
  }

  async resize(id: VmId, size: { width: number; height: number }, signal: AbortSignal) {
    const { guest } = await this.#withBrowser(id);
    return guest.call("display.resize", size, { ...this.#patience(), signal });
  }

  /** Puts a PNG image on the display's clipboard, piece by piece over the control channel. */
  async putClipboardImage(id: VmId, image: Uint8Array, signal: AbortSignal): Promise<void> {
    const { guest } = await this.#withBrowser(id);
    const options = { timeoutMs: CLIPBOARD_MS * this.#deps.patience, signal };
    const size = image.length;
    for (let offset = 0; offset < size; offset += CHANNEL_LIMITS.chunkBytes) {
      const piece = Buffer.from(image.subarray(offset, offset + CHANNEL_LIMITS.chunkBytes));
      await guest.call("clipboard.put", { offset, size, data: piece.toString("base64") }, options);
    }
  }

  /** Lets one public key in, beside those that are there; answers the guest's host keys, to be trusted for it. */
  async authorizeKey(id: VmId, publicKey: string, signal: AbortSignal): Promise<{ hostKeys: string[] }> {
    const { guest } = await this.#vms.settled(id);
    const options = { ...this.#patience(), signal, maxBytes: MAX_KEY_FILE_BYTES };
    const known = await getFile(guest, AUTHORIZED_KEYS, options).catch(() => new Uint8Array()); // none yet
    const lines = new Set([...new TextDecoder().decode(known).split("\n"), publicKey].filter(Boolean));
    const content = new TextEncoder().encode(`${[...lines].join("\n")}\n`);
    await putFile(guest, { path: AUTHORIZED_KEYS, mode: 0o600, owner: "browser", content }, options);
    const hostKeys = await Promise.all(HOST_KEYS.map((path) => getFile(guest, path, options)));
    return { hostKeys: hostKeys.map((key) => new TextDecoder().decode(key).trim()) };
  }

  /** Writes files into the home of the browser's user; each appears whole, one after the other. */
  async putSecrets(id: VmId, files: readonly SecretFile[], signal: AbortSignal): Promise<void> {
    const { guest } = await this.#vms.settled(id);
    for (const { path, mode, data } of files) {
      const content = Buffer.from(data, "base64");
      const file = { path: `${HOME}/${path}`, mode, owner: "browser" as const, content };
      try {
        await putFile(guest, file, { ...this.#patience(), signal });
      } finally {
        content.fill(0);
      }
    }
  }

  async *#lines(id: VmId, query: LogQuery, signal: AbortSignal): AsyncGenerator<string> {
    const { source, lines, follow: goOn } = query;
    if (source === "journal" || source === "agent") return yield* this.#guestLines(id, query, signal);
    const place = this.#deps.places.of(id);
    const path = source === "console" ? place.console : place.vmmLog;
    yield* await tail(path, lines);
    if (goOn) yield* follow(path, signal);
  }

  async *#guestLines(
    id: VmId,
    { source, lines, follow: goOn }: LogQuery,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const { guest } = this.#vms.reachable(id);
    const { timeoutMs } = this.#patience();
    const isJournal = source === "journal";
    if (goOn) return yield* (isJournal ? followJournal : followAgentLog)(guest, { lines, signal, timeoutMs });
    yield* await (isJournal ? tailJournal : tailAgentLog)(guest, lines, timeoutMs, signal);
  }

  async #withBrowser(id: VmId): Promise<LiveVm> {
    const live = await this.#vms.settled(id);
    if (!this.#vms.get(id).hasBrowser)
      throw new BrowserVmError("BROWSER_UNAVAILABLE", `the image of VM ${id} has no browser`);
    return live;
  }

  #patience(): { timeoutMs: number } {
    return { timeoutMs: CALL_MS * this.#deps.patience };
  }

  #deadline(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, AbortSignal.timeout(CALL_MS * this.#deps.patience)]);
  }
}
