import { execFile } from "node:child_process";
import { join } from "node:path";
import { ERRORS } from "@browservm/contract";
import { expect, test } from "vitest";
import type { Outcome } from "./clean-machine.ts";
import { fakeController } from "./fake-controller.ts";

const MAIN = join(import.meta.dirname, "../../packages/cli/src/main.ts");
const SESSION = "ses_aaaaaaaaaaaaaaaaaaaa";

function command(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const options = { env: { PATH: "/usr/bin:/bin", BROWSERVM_RUN_DIR: "/tmp/bvm-cli-none", ...env } };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", MAIN, ...args],
      options,
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

test("a product that does not run is a refusal with a way out, in words or as JSON", async () => {
  const words = await command(["ls"]);
  expect(words).toMatchObject({ status: 1, stdout: "" });
  expect(words.stderr).toContain("→ Start it with `browservm up`.");
  const json = await command(["ls", "--json"]);
  expect(JSON.parse(json.stderr)).toMatchObject({ code: "NOT_RUNNING", fix: ERRORS.NOT_RUNNING.fix });
});

test("a wrong command line ends with status 2 and says what would be right", async () => {
  const misspelt = await command(["scrennshot", SESSION]);
  expect([misspelt.status, misspelt.stderr]).toEqual([
    2,
    expect.stringContaining("Did you mean screenshot?"),
  ]);
  expect((await command(["show"])).status).toBe(2);
  expect((await command(["logs", SESSION, "--source", "nothing"])).status).toBe(2);
  expect((await command(["run", "--memory", "much"])).status).toBe(2);
});

test("a setting that does not exist is refused by name", async () => {
  const { status, stderr } = await command(["config", "show"], { BROWSERVM_NETWORK__CIRD: "10.0.0.0/24" });
  expect([status, stderr]).toEqual([1, expect.stringContaining("BROWSERVM_NETWORK__CIRD is no setting")]);
});

test("piped results are JSON", async () => {
  await using controller = await fakeController((_request, response) => {
    response.setHeader("content-type", "application/json").end('{"data":[],"nextCursor":null}');
  });
  const { stdout } = await command(["ls"], { BROWSERVM_RUN_DIR: controller.runDir });
  expect(JSON.parse(stdout)).toEqual({ data: [] });
});

test("exec passes on both streams and the exit status, as they are", async () => {
  const frame = (stream: string, text: string) =>
    `${JSON.stringify({ type: "output", stream, data: Buffer.from(text).toString("base64") })}\n`;
  await using controller = await fakeController((_request, response) => {
    response.setHeader("content-type", "application/x-ndjson");
    response.write(frame("stdout", "out\n") + frame("stderr", "err\n"));
    response.end('{"type":"exit","code":7,"signal":null,"truncated":false}\n');
  });
  const env = { BROWSERVM_RUN_DIR: controller.runDir };
  expect(await command(["exec", SESSION, "--", "ls", "-l"], env)).toEqual({
    status: 7,
    stdout: "out\n",
    stderr: "err\n",
  });
});

test("an answer that is no answer of ours is named as such", async () => {
  await using controller = await fakeController((_request, response) => {
    response.setHeader("content-type", "application/json").end('{"hello":"world"}');
  });
  const { status, stderr } = await command(["ls"], { BROWSERVM_RUN_DIR: controller.runDir });
  expect([status, stderr]).toEqual([1, expect.stringContaining("PROTOCOL_ERROR")]);
});
