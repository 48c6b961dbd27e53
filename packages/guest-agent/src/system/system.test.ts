import { describe, expect, test } from "vitest";
import { formatEntry } from "./journal.ts";
import { parseFailed, parseUnits } from "./services.ts";

describe("a journal entry", () => {
  const entry = (fields: object) =>
    formatEntry(JSON.stringify({ __CURSOR: "c1", __REALTIME_TIMESTAMP: "1000000", ...fields }));

  test("becomes one line", () => {
    expect(entry({ SYSLOG_IDENTIFIER: "sshd", _PID: "7", MESSAGE: "hello" })).toEqual({
      line: "1970-01-01T00:00:01.000Z sshd[7]: hello",
      cursor: "c1",
    });
  });

  test("loses escape sequences and newlines, and bytes become text", () => {
    expect(entry({ MESSAGE: "a\u001b[31mb\nc" })?.line).toMatch(/: abc$/);
    expect(entry({ MESSAGE: [104, 105, 27, 91, 109] })?.line).toMatch(/: hi$/);
    expect(entry({ MESSAGE: null })?.line).toMatch(/: $/);
  });

  test("that is cut off or no entry is left out", () => {
    expect(formatEntry('{"__CURSOR":"c')).toBeUndefined();
    expect(formatEntry("[]")).toBeUndefined();
  });
});

test("units are read from systemctl's paragraphs, failures from its list", () => {
  const text =
    "Id=ssh.service\nActiveState=active\nSubState=running\nResult=success\n\nId=x.service\nActiveState=failed\nSubState=failed\nResult=exit-code\n";
  expect(parseUnits(text)).toEqual([
    { name: "ssh.service", active: "active", sub: "running", result: "success" },
    { name: "x.service", active: "failed", sub: "failed", result: "exit-code" },
  ]);
  expect(parseUnits("")).toEqual([]);
  expect(parseFailed("x.service loaded failed failed X\n\n")).toEqual(["x.service"]);
});
