import { expect, test } from "vitest";
import { redact } from "./redact.ts";

test("secrets go wherever they stand, the longer one first, escaped ones too", () => {
  const secrets = ["hunter22", "hunter22-and-more", 'with "quotes"', "info"];
  const text = `a=hunter22 b=hunter22-and-more ${JSON.stringify({ c: 'with "quotes"' })} level=info`;
  expect(redact(text, secrets)).toBe('a=[redacted] b=[redacted] {"c":"[redacted]"} level=info');
});
