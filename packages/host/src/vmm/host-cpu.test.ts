import { expect, test } from "vitest";
import { describeCpu } from "./host-cpu.ts";

test("a processor is told by its name and by its model's numbers", () => {
  const xeon =
    "processor\t: 0\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R) @ 2.50GHz\nstepping\t: 7\n";
  expect(describeCpu(xeon)).toBe("Intel(R) Xeon(R) @ 2.50GHz (6/85/7)");
  expect(describeCpu(xeon.replace("stepping\t: 7", "stepping\t: 6"))).not.toBe(describeCpu(xeon));
  const graviton =
    "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n";
  expect(describeCpu(graviton)).toBe("0x41 (0x3/0xd0c/1)");
});

test("a processor that says nothing of itself has a name all the same", () => {
  expect(describeCpu("")).toBe("unknown processor");
});
