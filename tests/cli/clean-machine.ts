import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const CHECKOUT = join(import.meta.dirname, "../..");
/** What a minimal Debian has and the launcher uses; Node, npm, curl and the like are not among it. */
const ESSENTIAL =
  "sh readlink dirname uname mktemp date tail tr sleep mkdir sha512sum tar gzip chmod mv ln cmp cp sed cut grep rm cat tee".split(
    " ",
  );

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A checkout with a stub of the command, and a PATH on which only the essential programs are. */
export class CleanMachine implements Disposable {
  readonly directory = mkdtempSync("/tmp/browservm-launcher-");
  readonly checkout = join(this.directory, "checkout");
  readonly bin = join(this.directory, "bin");
  readonly state = join(this.directory, "state");

  constructor() {
    for (const path of [
      this.bin,
      join(this.checkout, "packages/cli/src"),
      join(this.checkout, "node_modules"),
    ])
      mkdirSync(path, { recursive: true });
    for (const program of ESSENTIAL) symlinkSync(locate(program), join(this.bin, program));
    cpSync(join(CHECKOUT, "browservm"), join(this.checkout, "browservm"));
    writeFileSync(join(this.checkout, "package-lock.json"), "{}\n");
    writeFileSync(
      join(this.checkout, "packages/cli/src/main.ts"),
      "console.log(JSON.stringify({ node: process.version, args: process.argv.slice(2) }));\n",
    );
    this.program("id", "echo 0");
    this.program("dpkg-query", "echo installed");
    this.program("apt-get", 'echo "apt-get $*" >&2; exit 1');
  }

  /** Puts a program of a few lines of sh on the machine. */
  program(name: string, lines: string): void {
    rmSync(join(this.bin, name), { force: true });
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  }

  /** The real Node of these tests. */
  giveNode(): void {
    symlinkSync(process.execPath, join(this.bin, "node"));
  }

  giveRealProgram(name: string): void {
    symlinkSync(locate(name), join(this.bin, name));
  }

  /** As if `npm ci` had run. */
  giveModules(): void {
    writeFileSync(join(this.checkout, "node_modules/.browservm-lock"), "{}\n");
  }

  launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const options = {
      env: { PATH: this.bin, HOME: this.directory, BROWSERVM_STATE_DIR: this.state, ...env },
    };
    return new Promise((resolve) => {
      const child = execFile(join(this.checkout, "browservm"), args, options, (error, stdout, stderr) =>
        resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
      );
      child.stdin?.end();
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function locate(program: string): string {
  return (
    ["/usr/bin", "/bin"].map((place) => join(place, program)).find((path) => existsSync(path)) ??
    `/bin/${program}`
  );
}
