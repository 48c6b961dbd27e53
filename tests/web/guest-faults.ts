import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SessionHandle } from "@browservm/sdk";

const GROUPS = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

/** A file in the guest that ends the killing. */
const ENOUGH = "/tmp/enough";

/** A program of the guest's browser user, killed so often until it is disposed. */
export function keepKilling(
  session: SessionHandle,
  { pattern, eachSeconds }: { readonly pattern: string; readonly eachSeconds: number },
): AsyncDisposable {
  const kill = `pkill -9 -f '${pattern}'; sleep ${eachSeconds}`;
  const killing = runIn(session, `while [ ! -e ${ENOUGH} ]; do ${kill}; done; rm ${ENOUGH}`);
  return {
    async [Symbol.asyncDispose]() {
      await runIn(session, `touch ${ENOUGH}`);
      await killing;
    },
  };
}

async function runIn(session: SessionHandle, script: string): Promise<void> {
  for await (const _ of session.exec({ command: ["sh", "-c", script] }));
}

/** Freezes all processes of a container, until it is disposed. */
export function freeze(vm: string): Disposable {
  const group = GROUPS.map((root) => join(root, "browservm", vm, "cgroup.freeze")).find(existsSync);
  if (!group) throw new Error(`no group of ${vm} that can be frozen`);
  writeFileSync(group, "1");
  return { [Symbol.dispose]: () => writeFileSync(group, "0") };
}
