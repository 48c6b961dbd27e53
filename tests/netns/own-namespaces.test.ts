import { execFileSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { expect, test } from "vitest";

const networkOf = (process: number | "self") => readlinkSync(`/proc/${process}/ns/net`);

test("this file has a network and names of namespaces of its own, and sees no processes of the file beside it", () => {
  // The first process is still in the network of the whole run, and knows nothing but this file.
  expect(networkOf("self")).not.toBe(networkOf(1));
  expect(process.ppid).toBe(1);
  expect(
    readdirSync("/proc").filter(
      (name) => /^\d+$/.test(name) && networkOf(Number(name)) !== networkOf("self"),
    ),
  ).toEqual(["1"]);
  expect(execFileSync("ip", ["netns", "list"], { encoding: "utf8" })).toBe("");
});
