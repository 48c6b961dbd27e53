import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { getPriority } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const CHILD = join(import.meta.dirname, "child.ts");
/** An agent of its own precedence: says its own, and what its child has after leaving that of its parent. */
const AGENT = `
  const { spawn } = await import("node:child_process");
  const { getPriority } = await import("node:os");
  const { leavePrecedence } = await import(process.argv[1]);
  const child = spawn("sleep", ["60"]);
  leavePrecedence(child);
  console.log(JSON.stringify([getPriority(), getPriority(child.pid)]));
  child.kill("SIGKILL");
`;

async function under(adjust: number): Promise<unknown> {
  const args = ["-n", String(adjust), process.execPath, "--input-type=module", "-e", AGENT, CHILD];
  const agent = spawn("nice", args, { stdio: ["ignore", "pipe", "inherit"] });
  return JSON.parse(await textOf(agent));
}

async function textOf(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.on("data", (part: Buffer) => {
    text += part.toString();
  });
  await once(child, "close");
  return text;
}

describe("a child", () => {
  const own = getPriority();

  test("starts with the precedence that an agent under nice has, and none is set", async () => {
    const nice = Math.min(19, Math.max(1, own + 5));
    expect(await under(nice - own)).toEqual([nice, nice]);
  });

  test.runIf(process.getuid?.() === 0 && own >= 0)(
    "does not keep an agent's precedence over others",
    async () => {
      expect(await under(-5 - own)).toEqual([-5, 0]);
    },
  );
});
