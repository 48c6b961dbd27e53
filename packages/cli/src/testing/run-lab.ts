import type { CliContext } from "../context.ts";
import { runInCheckout } from "./run-in-checkout.ts";

export interface LabOptions {
  readonly only: readonly string[];
  readonly fast: boolean;
  readonly healthy: number;
  readonly write: boolean;
}

/** Runs tests/lab; answers its exit status. */
export const runLab = (context: CliContext, { only, fast, healthy, write }: LabOptions): Promise<number> =>
  runInCheckout(context, {
    what: "faults to inject",
    program: "tests/lab/main.ts",
    args: [
      ...only.flatMap((name) => ["--only", name]),
      ...["--healthy", String(healthy)],
      ...(fast ? ["--fast"] : []),
      ...(write ? ["--write"] : []),
    ],
  });
