import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { currentBootId } from "../process/identity.ts";
import { readSysctl, type Sysctl, writeSysctl } from "./sysctl.ts";

const File = z.object({ bootId: z.string(), before: z.record(z.string(), z.string()) });

/** Settings of the machine that we changed, with the values from before, so that they can be given back. */
export class RememberedSysctls {
  readonly #file: string;

  /** `file` holds the values; it is of use until the machine boots again. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Sets it, and remembers what it was when we first touched it. One that is right or does not exist stays. */
  async set(sysctl: Pick<Sysctl, "path" | "value">): Promise<void> {
    const now = await readSysctl(sysctl.path);
    if (now === undefined || now === sysctl.value) return;
    const before = this.#read();
    this.#write({ ...before, [sysctl.path]: before[sysctl.path] ?? now });
    await writeSysctl(sysctl);
  }

  /** Gives back every value, and forgets them. */
  async restore(): Promise<void> {
    // Another program (Docker) may have turned forwarding on for the whole machine meanwhile: that is its to end.
    const everyoneForwards = (await readSysctl("net/ipv4/ip_forward")) === "1";
    for (const [path, value] of Object.entries(this.#read())) {
      if (everyoneForwards && path.endsWith("/forwarding")) continue;
      await writeSysctl({ path, value });
    }
    rmSync(this.#file, { force: true });
  }

  #read(): Record<string, string> {
    try {
      const { bootId, before } = File.parse(JSON.parse(readFileSync(this.#file, "utf8")));
      return bootId === currentBootId() ? before : {};
    } catch {
      return {}; // none yet
    }
  }

  #write(before: Record<string, string>): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify({ bootId: currentBootId(), before }), { mode: 0o600 });
  }
}
