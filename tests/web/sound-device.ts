import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { end } from "../netns/fake-guest.ts";

/** Where `browservm test` unpacks PulseAudio, or what was chosen: `/` is the package, installed. */
const HOME = process.env.BROWSERVM_TEST_PULSEAUDIO ?? "/var/lib/browservm/cache/pulseaudio";
const LISTENS_MS = 10_000;

/** A device for sound that nobody hears: a browser without any plays none, and counts no energy. */
export class SoundDevice implements AsyncDisposable {
  /** What a browser must be started with. */
  readonly env: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;
  readonly #directory: string;
  #said = "";

  private constructor(child: ChildProcess, directory: string) {
    this.#child = child;
    this.#directory = directory;
    this.env = { PULSE_SERVER: `unix:${join(directory, "socket")}` };
    child.stderr?.on("data", (data: Buffer) => {
      this.#said += data.toString();
    });
  }

  static async start(): Promise<SoundDevice> {
    const directory = await mkdtemp(join(tmpdir(), "bvm-sound-"));
    const [module = ""] = globSync(join(HOME, "usr/lib/pulse-*/modules/module-null-sink.so"));
    const [core = ""] = globSync(join(HOME, "usr/lib/*/pulseaudio/libpulsecore-*.so"));
    const args = [
      ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"],
      [`--dl-search-path=${dirname(module)}`, "--load=module-null-sink"],
      [`--load=module-native-protocol-unix socket=${join(directory, "socket")} auth-anonymous=1`],
    ].flat();
    const libraries = [dirname(dirname(core)), dirname(core), dirname(module)].join(":");
    const env = { HOME: directory, XDG_RUNTIME_DIR: directory, LD_LIBRARY_PATH: libraries };
    const stdio = ["ignore", "ignore", "pipe"] as const;
    const child = spawn(join(HOME, "usr/bin/pulseaudio"), args, { env, stdio: [...stdio] });
    await using undo = new AsyncDisposableStack();
    const device = undo.use(new SoundDevice(child, directory));
    await device.#listening();
    undo.move();
    return device;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#child);
    await rm(this.#directory, { recursive: true });
  }

  async #listening(): Promise<void> {
    const deadline = Date.now() + LISTENS_MS;
    while (!existsSync(join(this.#directory, "socket"))) {
      if (this.#child.exitCode !== null || Date.now() > deadline)
        throw new Error(`PulseAudio does not listen: ${this.#said.slice(-2000)}`);
      await sleep(50);
    }
  }
}
