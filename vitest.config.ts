import { defineConfig } from "vitest/config";
import { OWN_NAMESPACES } from "./tests/harness/own-namespaces.ts";

/** The tiers are defined in CONTRIBUTING.md. */
const tier = (name: string, include: string[], testTimeout: number, extra: object = {}) => ({
  test: { name, include, testTimeout, hookTimeout: testTimeout, ...extra },
});

/**
 * Real processes, kernels and machines under emulation have bad moments. What fails is tried once more, and
 * `browservm test` tells what needed that, with its first reason.
 */
const AGAIN = { retry: 1 };

/** Files at a time, for two processors of which vitest would use one. */
const two = { maxWorkers: 2 };

/** For files that make links, namespaces and VMs, and look at processes. */
const ownNamespaces = { pool: OWN_NAMESPACES };

/** Tests of the page that look at it as it is when everything is real. */
const REAL_VMS = ["first-light", "shared-link", "typed-signin"].map((name) => `tests/web/${name}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      tier(
        "unit",
        [
          "packages/*/src/**/*.test.ts",
          "scripts/**/*.test.ts",
          "tests/{bench,chaos,soak,lab/live}/**/*.test.ts",
        ],
        10_000,
        // Half of their time is waiting, for clocks and processes.
        { ...two, sequence: { groupOrder: 3 } },
      ),
      tier("cli", ["tests/cli/**/*.test.ts"], 60_000, { ...AGAIN, ...two }),
      // No more at a time: some measure how soon something is seen or repaired.
      tier("netns", ["tests/netns/**/*.test.ts"], 60_000, { ...AGAIN, ...two, ...ownNamespaces }),
      tier("lab", ["tests/lab/*.test.ts"], 900_000, { ...AGAIN, fileParallelism: false }),
      // A file takes a third to a half of one processor: emulated guests have one, and everybody waits for them.
      tier("vm", ["tests/vm/**/*.test.ts"], 900_000, { ...AGAIN, ...two, ...ownNamespaces }),
      // Pages on a made-up API wait more than they work, and know nothing of each other; real VMs are alone afterwards.
      tier("page", ["tests/web/**/*.test.ts"], 900_000, {
        ...AGAIN,
        exclude: REAL_VMS,
        globalSetup: "tests/web/build-pages.ts",
        ...two,
        sequence: { groupOrder: 1 },
      }),
      tier("web", REAL_VMS, 900_000, { ...AGAIN, fileParallelism: false, sequence: { groupOrder: 2 } }),
    ],
  },
});
