import { BrowserVmError, LogLine } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { readNdjson } from "./read-ndjson.ts";

async function read(text: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of readNdjson(new Response(text).body, LogLine)) found.push(item);
  return found;
}
const line = (text: string) => JSON.stringify({ source: "agent", line: text });

describe("readNdjson", () => {
  test("gives the object of each line, also of a last one without its end", async () => {
    expect(await read(`${line("ä")}\n\n${line("b")}`)).toEqual([
      { source: "agent", line: "ä" },
      { source: "agent", line: "b" },
    ]);
  });

  test("throws the error that a line tells", async () => {
    const problem = new BrowserVmError("AGENT_UNREACHABLE", "gone").toProblem();
    await expect(read(`${line("a")}\n${JSON.stringify({ type: "error", problem })}\n`)).rejects.toMatchObject(
      {
        code: "AGENT_UNREACHABLE",
      },
    );
  });

  test.each(["{", '{"source":"nowhere","line":"x"}', "[]"])("%s is a protocol error", async (text) => {
    await expect(read(text)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});
