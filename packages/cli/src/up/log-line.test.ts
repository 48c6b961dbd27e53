import { expect, test } from "vitest";
import { humanLine, LEVEL, refusalIn } from "./log-line.ts";

const line = (fields: object) => JSON.stringify({ level: 30, time: 1, pid: 7, hostname: "h", ...fields });

test("a line keeps its words and its small fields, and loses what every line has", () => {
  const text = humanLine("hostd", line({ msg: "VM is ready", vmId: "vm_a", component: "vm" }), LEVEL.info);
  expect(text).toBe("hostd       VM is ready  vmId=vm_a");
});

test("lines below the least level are not shown, warnings and errors are marked", () => {
  expect(humanLine("hostd", line({ msg: "step" }), LEVEL.warn)).toBeUndefined();
  expect(humanLine("hostd", line({ level: 40, msg: "look" }), LEVEL.warn)).toContain("! look");
  expect(humanLine("hostd", line({ level: 50, msg: "act", err: { message: "why" } }), LEVEL.warn)).toContain(
    "✗ act  (why)",
  );
});

test("requests that went well are not shown, unless every detail is asked for", () => {
  expect(humanLine("controller", line({ msg: "answered" }), LEVEL.info)).toBeUndefined();
  expect(humanLine("controller", line({ msg: "answered", level: 40 }), LEVEL.info)).toContain("answered");
  expect(humanLine("controller", line({ msg: "answered" }), LEVEL.debug)).toContain("answered");
});

test("what is not JSON is shown as it is, without terminal escapes", () => {
  expect(humanLine("web", "\u001b[31mReady\u0007", LEVEL.warn)).toBe("web         [31mReady");
  expect(humanLine("web", "{ not json", LEVEL.warn)).toContain("{ not json");
  expect(humanLine("web", "", LEVEL.warn)).toBeUndefined();
});

test("a refusal is rebuilt with its code and details", () => {
  const problem = {
    code: "CIDR_CLASH",
    detail: "10.0.0.0/24 is in use",
    details: { suggestion: "10.1.0.0/24" },
  };
  const refusal = refusalIn(JSON.stringify({ level: "fatal", problem }));
  expect(refusal).toMatchObject({ code: "CIDR_CLASH", details: { suggestion: "10.1.0.0/24" } });
  expect(
    refusalIn(JSON.stringify({ level: "fatal", problem: { code: "NO_SUCH", detail: "" } })),
  ).toBeUndefined();
  expect(refusalIn("hello")).toBeUndefined();
});
