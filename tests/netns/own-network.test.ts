import { execFileSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { expect, test } from "vitest";

const namespaceOf = (process: number | "self", kind: "net" | "mnt") =>
  readlinkSync(`/proc/${process}/ns/${kind}`);

test("this file has a network and names of namespaces that are not those of the run, nor of the file beside it", () => {
  for (const kind of ["net", "mnt"] as const)
    expect(namespaceOf("self", kind)).not.toBe(namespaceOf(process.ppid, kind));
  expect(execFileSync("ip", ["netns", "list"], { encoding: "utf8" })).toBe("");
});
