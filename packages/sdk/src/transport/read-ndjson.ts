import { BrowserVmError, fromProblem } from "@browservm/contract";
import { z } from "zod";
import { readLines } from "./read-lines.ts";

const ErrorLine = z.object({ type: z.literal("error"), problem: z.unknown() });

/** The objects of a reply of JSON lines. A line `{type: "error", problem}` is thrown as the error that it tells. */
export async function* readNdjson<S extends z.ZodType>(
  body: ReadableStream<Uint8Array> | null,
  schema: S,
): AsyncGenerator<z.output<S>, void, undefined> {
  for await (const line of readLines(body)) {
    if (line.trim() === "") continue;
    const value = parseJson(line);
    const failure = ErrorLine.safeParse(value);
    if (failure.success) throw fromProblem(failure.data.problem);
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      throw new BrowserVmError("PROTOCOL_ERROR", "a line of the reply is not what the contract says", {
        issues: parsed.error.issues,
      });
    }
    yield parsed.data;
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new BrowserVmError("PROTOCOL_ERROR", "a line of the reply is not JSON", {}, { cause: error });
  }
}
