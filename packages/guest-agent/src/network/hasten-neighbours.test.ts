import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hastenNeighbours } from "./hasten-neighbours.ts";

test("every link, present and to come, asks again sooner", async () => {
  const root = await mkdtemp("/tmp/bvm-neigh-");
  for (const link of ["default", "eth0"]) await mkdir(join(root, link));
  await hastenNeighbours(root);
  for (const link of ["default", "eth0"])
    expect(await readFile(join(root, link, "retrans_time_ms"), "utf8")).toBe("300");
  await rm(root, { recursive: true });
});
