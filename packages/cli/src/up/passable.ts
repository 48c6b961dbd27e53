import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { BrowserVmError, type Config } from "@browservm/contract";

const OTHERS_PASS = 0o001;

/** The lowest directory above `path` that lets only its owner and group through; undefined: everybody can get there. */
export function closedAbove(path: string): string | undefined {
  for (let at = dirname(path); ; at = dirname(at)) {
    // What does not exist yet is made by us, and open.
    if (existsSync(at) && (statSync(at).mode & OTHERS_PASS) === 0) return at;
    if (at === "/") return undefined;
  }
}

/** VMs, controller and page run as users of their own, which must get to their files. BAD_CONFIG names what is in the way. */
export function requirePassable({ stateDir, runDir }: Pick<Config, "stateDir" | "runDir">): void {
  for (const [key, path] of Object.entries({ stateDir, runDir })) {
    const closed = closedAbove(path);
    if (closed === undefined) continue;
    throw new BrowserVmError(
      "BAD_CONFIG",
      `${key}: ${closed} lets nobody but its owner through to ${path}, and VMs, controller and page run as other users; choose another place, or \`chmod o+x ${closed}\``,
      { key, path, closed },
    );
  }
}
