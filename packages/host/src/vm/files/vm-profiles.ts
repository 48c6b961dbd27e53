import type { Readable } from "node:stream";
import { AGENT_PATHS, BrowserVmError, LoadedProfile, type VmId } from "@browservm/contract";
import { parseAnswer, type VmFileRead, type VmFiles } from "./vm-files.ts";

export interface VmProfilesParts {
  readonly files: Pick<VmFiles, "fetch" | "deliver">;
  readonly mostBytes: number;
  /** BROWSER_UNAVAILABLE for a VM whose image has none; VM_NOT_FOUND, VM_NOT_READY. */
  readonly requireBrowser: (id: VmId) => Promise<void>;
  readonly untilPainted: (id: VmId, signal: AbortSignal) => Promise<void>;
}

/** Beyond the agent's own patience with a browser that closes, and with what is kept of its cookies. */
const ANSWER_MS = 180_000;
const target = AGENT_PATHS.profile;

/** Profiles of browsers, into a guest and out of it, as streams that nobody here looks into. */
export class VmProfiles {
  readonly #parts: VmProfilesParts;

  constructor(parts: VmProfilesParts) {
    this.#parts = parts;
  }

  /** The browser is closed for it, and opened again afterwards. */
  async read(id: VmId, signal: AbortSignal): Promise<VmFileRead> {
    const { files, mostBytes, requireBrowser } = this.#parts;
    await requireBrowser(id);
    return files.fetch(id, { target, mostBytes, answerMs: ANSWER_MS, signal });
  }

  /** Answers when the browser has painted with its new profile; of one that was refused the old one is left. */
  async write(
    id: VmId,
    what: { readonly size: number | undefined; readonly body: Readable },
    signal: AbortSignal,
  ): Promise<LoadedProfile> {
    const { files, mostBytes, requireBrowser, untilPainted } = this.#parts;
    await requireBrowser(id);
    const said = await files.deliver(id, { target, mostBytes, answerMs: ANSWER_MS, signal, ...what });
    const loaded = parseAnswer(LoadedProfile, said);
    await untilPainted(id, signal);
    return loaded;
  }
}

export const noBrowser = (id: VmId) =>
  new BrowserVmError("BROWSER_UNAVAILABLE", `the image of VM ${id} has no browser`);
