import { expect, test } from "vitest";
import { create } from "xmlbuilder2";
import { toJunit } from "./junit.ts";
import { finding, orphan, report, VM } from "./testing/make-report.ts";

const xml = toJunit(
  report([
    finding("tap-down"),
    finding("tap-mtu", { verdict: "warn", cause: "larger than planned" }),
    orphan({ cause: 'a "quote" & <tag> \u0007\u001b[31m]]>' }),
    finding("guest-ping-dead", { layer: "guest", verdict: "fail", suppressedBy: ["tap-orphan"] }),
    finding("guest-silent", { layer: "guest", verdict: "unknown", cause: "no answer" }),
    finding("dns-dead", { layer: "dns", verdict: "skip" }),
  ]),
);

test("each check is a case: a fault fails, an unknown is an error, a symptom is skipped, a warning passes", () => {
  const { testsuites } = create(xml).end({ format: "object" }) as { testsuites: Record<string, unknown> };
  expect(testsuites).toMatchObject({ "@tests": "6", "@failures": "1", "@errors": "1", "@skipped": "2" });
  const [tap, guest] = testsuites.testsuite as Record<string, unknown>[];
  expect(tap).toMatchObject({ "@name": "tap", "@tests": "3", "@failures": "1" });
  expect(guest).toMatchObject({
    testcase: [
      { "@name": "guest-ping-dead", skipped: { "@message": "explained by tap-orphan" } },
      { "@name": "guest-silent", error: { "@type": "guest-silent", "@message": "no answer" } },
    ],
  });
  expect(xml).toContain(`name="tap-orphan (${VM})" classname="doctor.tap"`);
  expect(xml).toContain("ip link set bv-0 master fcbr0");
});

test("it is XML whatever a guest wrote", () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 §2.2 allows no other control characters
  expect(xml).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f]/);
  expect(xml).toContain("a &quot;quote&quot; &amp; &lt;tag&gt;");
});
