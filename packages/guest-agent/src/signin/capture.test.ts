import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { capture } from "./capture.ts";
import type { CredentialFile } from "./orders.ts";
import { TestJobs } from "./testing/test-jobs.ts";

let jobs: TestJobs;
beforeEach(async () => {
  jobs = await TestJobs.make();
  mkdirSync(join(jobs.home, ".tool"));
});
afterEach(() => jobs[Symbol.asyncDispose]());

const at = (path: string) => join(jobs.home, path);
const file = (path: string, more: Partial<CredentialFile> = {}): CredentialFile => ({
  path,
  json: false,
  optional: false,
  ...more,
});
const take = (...files: CredentialFile[]) =>
  capture(
    jobs.startWorker("capture"),
    { act: "capture", home: jobs.home, files },
    new AbortController().signal,
  );
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("credential files", () => {
  test("are read with their modes; one that may be missing is left out", async () => {
    writeFileSync(at(".tool/auth.json"), '{"a":1}', { mode: 0o600 });
    writeFileSync(at("other"), "x", { mode: 0o644 });
    const files = [file(".tool/auth.json", { json: true }), file("other"), file("none", { optional: true })];
    expect(await take(...files)).toEqual({
      files: [
        { path: ".tool/auth.json", mode: 0o600, data: base64('{"a":1}') },
        { path: "other", mode: 0o644, data: base64("x") },
      ],
    });
  });

  test("that cannot be what a tool has written are refused by name, and nothing of them is told", async () => {
    writeFileSync(join(jobs.root, "outside"), "{}");
    symlinkSync(join(jobs.root, "outside"), at("link"));
    symlinkSync(jobs.root, at("away"));
    execFileSync("mkfifo", [at("fifo")]);
    mkdirSync(at("directory"));
    writeFileSync(at("huge"), Buffer.alloc(262_145));
    writeFileSync(at("torn"), '{"token":"sesame');
    writeFileSync(at("binary"), Buffer.from([0x22, 0xff, 0x22]));
    const cases = {
      link: ["FILE_REFUSED", "link: it is a link"],
      "away/outside": ["FILE_REFUSED", "away/outside: a file or a link stands where a directory must be"],
      fifo: ["FILE_REFUSED", "fifo: it is no plain file"],
      directory: ["FILE_REFUSED", "directory: it is a directory"],
      "../outside": [
        "FILE_REFUSED",
        "../outside: it must be relative to the home, without `..`, `.` and empty names",
      ],
      huge: ["FILE_TOO_LARGE", "huge: it is larger than 262144 bytes"],
      torn: ["SIGNIN_FILE_MALFORMED", "torn is not JSON"],
      binary: ["SIGNIN_FILE_MALFORMED", "binary is not JSON"],
      none: ["FILE_NOT_FOUND", "none is not there"],
    };
    const asked = Object.entries(cases).map(async ([path, [code, message]]) => {
      const json = path === "torn" || path === "binary";
      expect(await take(file(path, { json }))).toEqual({ refused: { code, message, path } });
    });
    await Promise.all(asked);
  });

  test("are refused when they are too large together", async () => {
    for (const name of ["a", "b", "c"]) writeFileSync(at(name), Buffer.alloc(200_000));
    expect(await take(file("a"), file("b"), file("c"))).toMatchObject({
      refused: { code: "FILE_TOO_LARGE" },
    });
    expect(await take(file("a"), file("b"))).toHaveProperty("files");
  });

  test("that still change are waited for, and given up", async () => {
    writeFileSync(at("busy"), "0");
    const busy = { is: true };
    const writing = (async () => {
      for (let n = 0; busy.is; n += 1) {
        writeFileSync(at("busy"), String(n));
        await sleep(20);
      }
    })();
    expect(await take(file("busy"))).toMatchObject({ refused: { code: "SIGNIN_FILE_UNSTABLE" } });
    busy.is = false;
    await writing;
    expect(await take(file("busy"))).toHaveProperty("files");
  });

  test.runIf(process.getuid?.() === 0)(
    "of another user are refused, although they could be read",
    async () => {
      writeFileSync(at("theirs"), "{}");
      chownSync(at("theirs"), 12_345, 12_345);
      chmodSync(at("theirs"), 0o644);
      const message = "theirs: it is not the browser's user's own";
      expect(await take(file("theirs"))).toEqual({
        refused: { code: "FILE_REFUSED", message, path: "theirs" },
      });
    },
  );

  test("are not there when the worker says something else, or nothing in time", async () => {
    const worker = jobs.startWorker("capture");
    const signal = AbortSignal.timeout(50);
    const never = { act: "callback", job: { kind: "callback", port: 0, path: "/" } } as never;
    await expect(capture(worker, never, signal)).rejects.toThrow("the files could not be read");
  });
});
