import { existsSync } from "node:fs";
import { join } from "node:path";
import { BrowserVmError, paths } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { runAttached } from "../process.ts";
import { CHECKOUT } from "../up/checkout.ts";

export interface CheckoutProgram {
  /** In the plural, for the refusal where there is no checkout. */
  readonly what: string;
  /** From the root of the checkout. */
  readonly program: string;
  readonly args: readonly string[];
}

/** Its processes end with it, however it ends: the kernel kills all of a pid namespace with its first (pid_namespaces(7)). */
const OWN_PROCESSES = ["--pid", "--fork", "--kill-child", "--mount-proc", "--"];

/**
 * Runs a program of the checkout in network and pid namespaces of its own; answers its exit status. NOT_FOUND,
 * NOT_PRIVILEGED.
 */
export function runInCheckout(
  context: CliContext,
  { what, program, args }: CheckoutProgram,
): Promise<number> {
  const file = join(CHECKOUT, program);
  if (!existsSync(file))
    throw new BrowserVmError(
      "NOT_FOUND",
      `there are no ${what} here: they belong to a checkout of the repository`,
    );
  if (process.getuid?.() !== 0)
    throw new BrowserVmError("NOT_PRIVILEGED", `the ${what} make network namespaces and VMs of their own`);
  const json = context.output.json ? ["--json"] : [];
  return runAttached({
    file: "unshare",
    args: [
      ...OWN_PROCESSES,
      "sh",
      join(CHECKOUT, "scripts/in-netns.sh"),
      process.execPath,
      ...process.execArgv,
      file,
      ...json,
      ...args,
    ],
    cwd: CHECKOUT,
    env: { BROWSERVM_TEST_IMAGES: paths(context.config).images, ...context.env },
  });
}
