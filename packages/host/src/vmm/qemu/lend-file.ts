import type { QmpClient } from "./qmp-client.ts";
import { AddedFd, Nothing } from "./qmp-message.ts";
import { canMigrateFiles, type QemuVersion } from "./version.ts";

const NAME = "state";

/** A file of ours that QEMU has open, by the URI that its migration commands know it by. */
export interface LentFile extends AsyncDisposable {
  readonly uri: string;
}

/**
 * Gives QEMU a descriptor to read a state from or write it to: as the slot's user it can open no file of ours, and may
 * start no program.
 */
export async function lendFile(qmp: QmpClient, version: QemuVersion, fd: number): Promise<LentFile> {
  if (canMigrateFiles(version)) {
    const { "fdset-id": set } = await qmp.executeWith(fd, "add-fd", {}, AddedFd);
    return {
      uri: `file:/dev/fdset/${set}`,
      // QEMU has ended, or still uses it: then it lets go by itself.
      [Symbol.asyncDispose]: () =>
        qmp.execute("remove-fd", { "fdset-id": set }, Nothing).then(
          () => {},
          () => {},
        ),
    };
  }
  await qmp.executeWith(fd, "getfd", { fdname: NAME }, Nothing);
  // A migration takes the descriptor out of the monitor's keeping, and closes it.
  return { uri: `fd:${NAME}`, [Symbol.asyncDispose]: async () => {} };
}
