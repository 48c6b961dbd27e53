import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Where `browservm test` unpacks coturn, or what was chosen: `/` is the package, installed. */
const HOME = process.env.BROWSERVM_TEST_COTURN ?? "/var/lib/browservm/cache/coturn";

export interface TurnRelaySpec {
  readonly address: string;
  readonly port: number;
  readonly secret: string;
  /** Of the relay's ends, the first and the last. */
  readonly ports: readonly [number, number];
}

/** Debian's coturn on an address of this namespace. */
export class TurnRelay implements AsyncDisposable {
  /** What it said so far. */
  log = "";
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(child: ChildProcess, directory: string) {
    this.#child = child;
    this.#directory = directory;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (data: Buffer) => {
        this.log += data.toString();
      });
  }

  static async start({ address, port, secret, ports: [first, last] }: TurnRelaySpec): Promise<TurnRelay> {
    const directory = await mkdtemp(join(tmpdir(), "bvm-turn-"));
    const database = join(directory, "users");
    // Without its tables it finds no secret, not even the one it is given.
    using tables = new DatabaseSync(database);
    tables.exec(await readFile(join(HOME, "usr/share/coturn/schema.sql"), "utf8"));
    const args = [
      ["-n", "--no-cli", "--no-tls", "--no-dtls", "--no-tcp", "--verbose", "--log-file=stdout"],
      [`--listening-ip=${address}`, `--listening-port=${port}`, `--relay-ip=${address}`],
      [`--min-port=${first}`, `--max-port=${last}`, "--realm=browservm.test", `--userdb=${database}`],
      ["--use-auth-secret", `--static-auth-secret=${secret}`, "--pidfile=/dev/null"],
    ].flat();
    const [triplet] = readdirSync(join(HOME, "usr/lib")).filter((name) => name.endsWith("-linux-gnu"));
    const env = { LD_LIBRARY_PATH: join(HOME, "usr/lib", triplet ?? "") };
    const relay = new TurnRelay(spawn(join(HOME, "usr/bin/turnserver"), args, { env }), directory);
    await relay.#listening();
    return relay;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    await rm(this.#directory, { recursive: true });
  }

  async #listening(): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!/UDP listener opened/i.test(this.log)) {
      if (this.#child.exitCode !== null || Date.now() > deadline)
        throw new Error(`coturn does not listen: ${this.log.slice(-2000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
