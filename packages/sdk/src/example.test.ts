import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");

test("the manual shows the example as it is", async () => {
  const example = await readFile(join(ROOT, "packages/sdk/examples/live-view.tsx"), "utf8");
  const manual = await readFile(join(ROOT, "docs/live-video.md"), "utf8");
  expect(manual).toContain(`\`\`\`tsx\n${example}\`\`\``);
});
