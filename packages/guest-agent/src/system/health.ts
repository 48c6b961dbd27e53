import type { GuestResult } from "@browservm/contract/guest/calls";
import { GUEST_PATHS } from "@browservm/contract/guest/files";
import { checkManifest } from "../files/manifest.ts";
import { readEnvironmentErrors } from "./environment-errors.ts";
import { listEnvironmentFiles, SESSION_FILE } from "./environment-files.ts";
import { readFailedUnits } from "./failed-units.ts";
import { readFilesystems } from "./filesystems.ts";
import { readGuestFirewall } from "./guest-firewall.ts";
import { readMemory, readOomKills, readSnmp } from "./kernel-counters.ts";

type Health = GuestResult<"health.get">;

/**
 * How this guest is. A sick guest may be unable to start a program; what could not be read is named in `unread`, so
 * that the rest still arrives and nothing that was not seen looks well.
 */
export async function readHealth(signal: AbortSignal): Promise<Health> {
  const unread: string[] = [];
  const tolerant = async <T>(what: string, look: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await look;
    } catch (error) {
      unread.push(`${what}: ${(error as Error).message}`.slice(0, 512));
      return otherwise;
    }
  };
  const [memory, oomKills, counters, filesystems, injected, environmentErrors, failedUnits, firewall] =
    await Promise.all([
      readMemory(),
      readOomKills(),
      tolerant("counters", readSnmp(), {}),
      tolerant("filesystems", readFilesystems(), []),
      tolerant("injected", checkManifest(GUEST_PATHS.manifest), []),
      tolerant("environmentErrors", listEnvironmentFiles(), []).then((files) =>
        readEnvironmentErrors([SESSION_FILE, ...files.filter(({ path }) => path !== SESSION_FILE.path)]),
      ),
      tolerant("failedUnits", readFailedUnits(signal), []),
      tolerant("firewall", readGuestFirewall(), []),
    ]);
  return {
    memory,
    oomKills,
    filesystems,
    injected: injected.slice(0, 256),
    environmentErrors,
    failedUnits,
    counters,
    firewall,
    clock: new Date().toISOString(),
    ...(unread.length > 0 ? { unread } : {}),
  };
}
