import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { runOrThrow } from "../child.ts";
import { findProgram } from "../find-program.ts";

const DIRECTORY = "/etc/ssh";
const KEY = `${DIRECTORY}/ssh_host_ed25519_key`;
const SSHD_PID = "/run/sshd.pid";
const KEYGEN_MS = 60_000;
const SYSTEMCTL_MS = 60_000;

/** This VM's SSH host key, made from the kernel's randomness of now. A running sshd is told of it. */
export async function renewHostKey(): Promise<void> {
  if (!findProgram("ssh-keygen")) return;
  await removeHostKeys();
  await runOrThrow("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", KEY], {
    timeoutMs: KEYGEN_MS,
  });
  const pid = Number(await readFile(SSHD_PID, "utf8").catch(() => ""));
  // It executes itself anew and reads its keys again (sshd(8)). After a freeze none runs.
  if (pid > 1) process.kill(pid, "SIGHUP");
}

/** sshd ends, for it holds its key in memory, and no key is left. */
export async function forgetHostKey(): Promise<void> {
  await runOrThrow("systemctl", ["stop", "ssh.service", "browservm-ssh-keys.service"], {
    timeoutMs: SYSTEMCTL_MS,
  });
  await removeHostKeys();
}

/** Has sshd start, if it does not run. */
export async function startSshd(): Promise<void> {
  await runOrThrow("systemctl", ["--no-block", "start", "ssh.service"], { timeoutMs: SYSTEMCTL_MS });
}

async function removeHostKeys(): Promise<void> {
  const names = await readdir(DIRECTORY).catch(() => []); // an image without SSH
  const keys = names.filter((name) => /^ssh_host_.*key(\.pub)?$/.test(name));
  await Promise.all(keys.map((name) => rm(join(DIRECTORY, name), { force: true })));
}
