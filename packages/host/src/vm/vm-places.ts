import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError, type VmId } from "@browservm/contract";

/** sun_path holds 108 bytes with its NUL, linux/un.h */
const MAX_SOCKET_PATH = 107;

export interface VmPlace {
  /** Overlay disk, initrd, logs. */
  readonly dir: string;
  /** Sockets; short and private to root. */
  readonly runDir: string;
  readonly overlay: string;
  readonly initrd: string;
  readonly console: string;
  readonly vmmLog: string;
  /** Memory and device state of a paused VM: complete once it has this name. */
  readonly frozen: string;
  /** The same while it is being written. */
  readonly freezing: string;
}

/** Where the files of each VM are. Nothing here comes from a caller but the id, which is parsed. */
export class VmPlaces {
  readonly #vms: string;
  readonly #run: string;

  constructor(vms: string, run: string) {
    this.#vms = vms;
    this.#run = run;
  }

  of(id: VmId): VmPlace {
    const dir = join(this.#vms, id);
    const runDir = join(this.#run, id);
    if (Buffer.byteLength(join(runDir, "ctl.sock")) > MAX_SOCKET_PATH) {
      throw new BrowserVmError(
        "BAD_CONFIG",
        `runDir is too long: sockets under ${runDir} would pass ${MAX_SOCKET_PATH} bytes`,
        { runDir },
      );
    }
    return {
      dir,
      runDir,
      overlay: join(dir, "overlay.img"),
      initrd: join(dir, "initrd"),
      console: join(dir, "console.log"),
      vmmLog: join(dir, "vmm.log"),
      frozen: join(dir, "frozen"),
      freezing: join(dir, "frozen.tmp"),
    };
  }

  /** The run directory of whatever has this name on disk. */
  runDirOf(name: string): string {
    return join(this.#run, name);
  }

  async make(id: VmId): Promise<VmPlace> {
    const place = this.of(id);
    // The VMM drops to an unprivileged uid after it has opened its files, so root alone needs these.
    await mkdir(place.dir, { recursive: true, mode: 0o700 });
    await mkdir(place.runDir, { recursive: true, mode: 0o700 });
    return place;
  }

  /** Removes all files of the VM; with `keepLogs` console and VMM log stay, to explain a failure. */
  async clear(id: VmId, { keepLogs }: { keepLogs: boolean }): Promise<void> {
    const place = this.of(id);
    await rm(place.runDir, { recursive: true, force: true });
    if (!keepLogs) return rm(place.dir, { recursive: true, force: true });
    for (const path of [place.overlay, place.initrd, place.frozen, place.freezing])
      await rm(path, { recursive: true, force: true });
  }

  /** Ids of VMs that have files, as named on disk (unparsed). */
  async found(): Promise<string[]> {
    const names = await Promise.all([this.#vms, this.#run].map((dir) => readdir(dir).catch(() => [])));
    return [...new Set(names.flat())];
  }

  async clearUnknown(name: string): Promise<void> {
    await rm(join(this.#vms, name), { recursive: true, force: true });
    await rm(join(this.#run, name), { recursive: true, force: true });
  }
}
