import { BrowserVmError } from "@browservm/contract";
import type { z } from "zod";

type Part = "params" | "query" | "body" | "headers";

/** The parsed value, or BAD_REQUEST with each issue and its path. */
export function parsePart<S extends z.ZodType>(schema: S, value: unknown, part: Part): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({
    path: [part, ...path].join("."),
    message,
  }));
  const words = issues.map(({ path, message }) => `${path}: ${message}`).join("; ");
  throw new BrowserVmError("BAD_REQUEST", words, { issues });
}

/** JSON from the text of a body; no text is no body. */
export function parseBodyText(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = "not JSON";
    throw new BrowserVmError(
      "BAD_REQUEST",
      `body: ${message}`,
      { issues: [{ path: "body", message }] },
      { cause },
    );
  }
}
