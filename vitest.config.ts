import { defineConfig } from "vitest/config";

/** The tiers are defined in CONTRIBUTING.md. */
const tier = (name: string, include: string[], testTimeout: number, extra: object = {}) => ({
  test: { name, include, testTimeout, hookTimeout: testTimeout, ...extra },
});

export default defineConfig({
  test: {
    projects: [
      tier(
        "unit",
        ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts", "tests/{bench,chaos,soak}/**/*.test.ts"],
        10_000,
      ),
      tier("cli", ["tests/cli/**/*.test.ts"], 60_000),
      tier("netns", ["tests/netns/**/*.test.ts"], 60_000, { fileParallelism: false }),
      tier("lab", ["tests/lab/**/*.test.ts"], 900_000, { fileParallelism: false }),
      tier("vm", ["tests/vm/**/*.test.ts"], 900_000, { fileParallelism: false }),
      tier("web", ["tests/web/**/*.test.ts"], 900_000, { fileParallelism: false }),
    ],
  },
});
