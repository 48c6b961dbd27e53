import { createHash } from "node:crypto";
import type { GuestMemory } from "./guest-memory.ts";

/** What a guest's file holds now; undefined where there is none. Some say who the machine is, others were put there. */
export function machineFile(memory: GuestMemory, path: string): Buffer | undefined {
  const known = KNOWN[path];
  if (known) return Buffer.from(known(memory));
  const content = memory.files[path];
  return content === undefined ? undefined : Buffer.from(content, "base64");
}

const KNOWN: Readonly<Record<string, (memory: GuestMemory) => string | Buffer>> = {
  "/etc/hostname": ({ hostname }) => `${hostname}\n`,
  "/etc/machine-id": ({ machineId }) => `${machineId}\n`,
  "/etc/ssh/ssh_host_ed25519_key.pub": ({ hostKey }) => `ssh-ed25519 ${hostKey}\n`,
  "/proc/sys/kernel/random/boot_id": ({ bootId }) => `${bootId}\n`,
  // Two guests that go on from one memory read the same, until one of them is given another seed.
  "/dev/urandom": ({ randomness }) =>
    createHash("sha256")
      .update(`${randomness.seed} ${randomness.reads++}`)
      .digest(),
};
