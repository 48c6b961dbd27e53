import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CliContext } from "../context.ts";
import { runAttached, runQuietly } from "../process.ts";
import { sshArguments } from "./ssh-arguments.ts";

/** Logs in to a session's VM with a key of this call only, which is gone from this machine afterwards. */
export async function sshToSession(
  context: CliContext,
  id: string,
  more: readonly string[],
): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "browservm-ssh-"));
  try {
    const key = join(directory, "key");
    await runQuietly("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "browservm", "-f", key]);
    const publicKey = (await readFile(`${key}.pub`, "utf8")).trim();
    const { hostKeys } = await context.client().sessions.authorizeKey(id, publicKey);
    const knownHosts = join(directory, "known_hosts");
    // The guest's keys come over the control channel, so that a foreign host cannot stand in for it.
    await writeFile(knownHosts, hostKeys.map((line) => `${id} ${line}\n`).join(""), { mode: 0o600 });
    const stream = [process.execPath, ...process.execArgv, process.argv[1] ?? "", "stream", id, "ssh"];
    return await runAttached({
      file: "ssh",
      args: sshArguments({ id, key, knownHosts, stream, more }),
      env: context.childEnv,
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
