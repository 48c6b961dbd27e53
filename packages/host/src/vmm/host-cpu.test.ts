import { expect, test } from "vitest";
import { describeCpu } from "./host-cpu.ts";

const XEON =
  "processor\t: 0\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R) @ 2.50GHz\nstepping\t: 7\nflags\t\t: fpu rtm\n";
const GRAVITON =
  "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n";

test("a processor is told by its name, its model's numbers, and its features", () => {
  expect(describeCpu(XEON)).toMatch(/^Intel\(R\) Xeon\(R\) @ 2\.50GHz \(6\/85\/7, features [0-9a-f]{8}\)$/);
  expect(describeCpu(GRAVITON)).toMatch(/^0x41 \(0x3\/0xd0c\/1, features [0-9a-f]{8}\)$/);
});

test("another stepping, or a microcode that takes a feature away, is another processor", () => {
  const others = [XEON.replace("stepping\t: 7", "stepping\t: 6"), XEON.replace("fpu rtm", "fpu")];
  for (const other of others) expect(describeCpu(other)).not.toBe(describeCpu(XEON));
  expect(describeCpu(XEON)).toBe(describeCpu(`${XEON}processor\t: 1\n`));
});

test("a processor that says nothing of itself has a name all the same", () => {
  expect(describeCpu("")).toMatch(/^unknown processor/);
});
