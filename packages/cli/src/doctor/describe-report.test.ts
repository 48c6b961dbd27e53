import { VmId } from "@browservm/contract";
import { expect, test } from "vitest";
import { describeFix } from "./describe-fix.ts";
import { describeReport } from "./describe-report.ts";
import { finding, orphan, report, VM } from "./testing/make-report.ts";

const vm = (number: number) => VmId.parse(`vm_${String(number).padStart(20, "a")}`.replace(/[0189]/g, "b"));

test("a trouble is told in full, with its symptoms under it, and the rest as numbers", () => {
  const dead = finding("guest-ping-dead", {
    layer: "guest",
    verdict: "fail",
    vmId: VM,
    suppressedBy: ["tap-orphan"],
  });
  const words = describeReport(report([finding("bridge-down", { layer: "bridge" }), orphan(), dead]));
  expect(words.split("\n")).toEqual([
    "✗ tap       1 fault",
    `  ✗ The TAP is plugged into the bridge  (tap-orphan, ${VM})`,
    "      bv-0 has no master",
    "      netlink: link bv-0: master 0",
    "      → Plug it in.  (hostd does it by itself, or `--fix --yes`; risk: none)",
    "          ip link set bv-0 master fcbr0",
    "      explains: guest-ping-dead",
    "✓ bridge    1 in order",
    "✗ guest     1 explained by others",
    "",
    "✗ 1 fault (tap-orphan), 1 in order; 0.9 s",
  ]);
});

test("a healthy host is one line for each layer and one for all", () => {
  const warning = finding("tap-mtu", { verdict: "warn", cause: "larger" });
  expect(
    describeReport(report([finding("tap-down"), warning]))
      .split("\n")
      .at(-1),
  ).toBe("✓ healthy, 1 warning, 1 in order; 0.9 s");
});

test("where no check explains a dead path, it says so and where the packets were last seen", () => {
  const lastSeen = [
    { vmId: VM, at: "tap" as const, words: "the TAP sent 12 packets, the guest answered none" },
  ];
  expect(describeReport(report([], { lastSeen }))).toContain(
    `? ${VM}: its path is dead, and no check says why. Packets were last seen at the tap: the TAP sent`,
  );
});

test("the same trouble of many VMs is told three times, and then only their names", () => {
  const many = Array.from({ length: 50 }, (_, index) => orphan({ vmId: vm(index) }));
  const words = describeReport(report(many));
  expect(words.match(/bv-0 has no master/g)).toHaveLength(3);
  expect(words).toContain(`tap-orphan: 47 more: ${vm(3)} ${vm(4)}`);
  expect(words).toContain("✗ 50 faults (tap-orphan)");
});

test("words of a guest cannot steer the terminal, and long evidence is cut", () => {
  const excerpt = Array.from({ length: 20 }, (_, index) => `\u001b[31mline ${index}`).join("\n");
  const seen = { source: "console" as const, subject: "console", excerpt, at: "2026-01-01T00:00:00.000Z" };
  const words = describeReport(report([orphan({ cause: "\u001b]0;x\u0007bad", evidence: [seen] })]));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(words).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  expect(words).toContain("… 14 more lines");
});

test("a fix that was only asked for says what it would do, and what is left to people", () => {
  const drop = finding("foreign-input-drop", {
    layer: "firewall",
    verdict: "fail",
    cause: "ufw drops it",
    fix: { kind: "command", text: "Let it through.", commands: ["ufw allow in on fcbr0"], risk: "opens ufw" },
  });
  const before = report([orphan(), drop]);
  const words = describeFix({ before, steps: [{ code: "tap-orphan", words: "plug bv-0 in", done: false }] });
  expect(words).toContain("· tap-orphan: plug bv-0 in");
  expect(words).toContain("ufw allow in on fcbr0");
  expect(words.split("\n").at(-1)).toBe("Nothing was changed: `--fix --yes` does it, then looks again.");
});

test("a step that failed is told with its error, beside those that were done", () => {
  const steps = [
    { code: "tap-orphan", words: "plug bv-0 in", done: true },
    { code: "tap-down", words: "set bv-0 up", done: false, error: "the kernel says EPERM" },
  ];
  const words = describeFix({ before: report([orphan()]), steps, after: report([]) });
  expect(words).toContain("✓ tap-orphan: plug bv-0 in\n✗ tap-down: the kernel says EPERM");
});
