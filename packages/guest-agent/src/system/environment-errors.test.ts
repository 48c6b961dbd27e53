import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { environmentErrors, readEnvironmentErrors } from "./environment-errors.ts";
import { parseEnvironmentFiles } from "./environment-files.ts";

const errors = (text: string | Uint8Array) => environmentErrors("/e", Buffer.from(text as string));

describe("an environment file", () => {
  test("as systemd reads it has no errors", () => {
    const good = [
      "# a comment with = and ' and \\",
      "; another",
      "",
      "A=1",
      "  B = \"two words\" 'and more'",
      "C=bare \"quotes' stay",
      'D="over',
      'lines"',
      "E=joined \\",
      "by a backslash",
      'F="an escaped \\" quote"',
      "G=",
      "H",
    ].join("\n");
    expect(errors(good)).toEqual(["/e:13: there is no `=`; systemd leaves the line out"]);
    expect(errors("")).toEqual([]);
    expect(errors("# a comment that ends with \\")).toEqual([]);
  });

  test("shows lines that are none, and names that are none", () => {
    expect(errors("export A=1\nB-C=2\n1D=3\nnothing\n=4\n")).toEqual([
      "/e:1: what is in front of `=` is not a name that an environment can hold",
      "/e:2: what is in front of `=` is not a name that an environment can hold",
      "/e:3: what is in front of `=` is not a name that an environment can hold",
      "/e:4: there is no `=`; systemd leaves the line out",
      "/e:5: what is in front of `=` is not a name that an environment can hold",
    ]);
  });

  test("shows where a quote stays open, and never a value", () => {
    const found = errors('A=1\nSECRET="hunter2\nB=2\n');
    expect(found).toEqual([
      "/e:2: a double quote is never closed; all that follows becomes part of this value",
    ]);
    expect(errors("A='x\nSECRET=hunter2")).toEqual([
      "/e:1: a single quote is never closed; all that follows becomes part of this value",
    ]);
  });

  test("that is not text is told", () => {
    expect(errors(new Uint8Array([65, 61, 49, 10, 66, 61, 0xff, 10]))).toEqual([
      "/e:2: not UTF-8; systemd refuses the whole file",
    ]);
    expect(errors("A=1\nB=2\0\nC")).toEqual(["/e:2: a NUL byte; systemd reads no further"]);
  });
});

test("a missing file counts only where it must be there", async () => {
  const directory = await mkdtemp("/tmp/bvm-env-");
  const path = join(directory, "a");
  await writeFile(path, "oops\n");
  const gone = join(directory, "gone");
  expect(
    await readEnvironmentErrors([
      { path, optional: false },
      { path: gone, optional: true },
      { path: gone, optional: false },
    ]),
  ).toEqual([
    `${path}:1: there is no \`=\`; systemd leaves the line out`,
    `${gone}:0: it cannot be read (ENOENT)`,
  ]);
  await rm(directory, { recursive: true });
});

test("the files of units are read from systemctl's words, each once, patterns left out", () => {
  const text =
    "\nEnvironmentFiles=/etc/default/ssh (ignore_errors=yes)\n\nEnvironmentFiles=/a b (ignore_errors=no)\nEnvironmentFiles=/c/*.env (ignore_errors=no)\n\nEnvironmentFiles=/etc/default/ssh (ignore_errors=yes)\n";
  expect(parseEnvironmentFiles(text)).toEqual([
    { path: "/etc/default/ssh", optional: true },
    { path: "/a b", optional: false },
  ]);
  expect(parseEnvironmentFiles("")).toEqual([]);
});
