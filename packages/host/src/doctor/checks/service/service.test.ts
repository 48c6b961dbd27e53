import { describe, expect, test } from "vitest";
import { codesWith, diagnoseAll, findingOf, type Over, rootCauses } from "../../testing/diagnose-all.ts";
import { healthyProbe } from "../../testing/healthy-sight.ts";
import { deadArp, guestWith } from "../../testing/sick-guest.ts";

const FILE = "/etc/browservm/session.env";
const toGuest = (over: Partial<ReturnType<typeof healthyProbe>["toGuest"]>) =>
  healthyProbe({ toGuest: { ...healthyProbe().toGuest, ...over } });
const BROWSER = { running: true, version: "Chrome/156", pid: 812, painted: true };

describe("each fault of a service is the one root cause", () => {
  const faults: ReadonlyArray<readonly [words: string, code: string, vm: Over["vm"]]> = [
    [
      "nobody listens on the agent's port",
      "agent-port-refused",
      { probe: toGuest({ agent: "refused", nonce: "none" }) },
    ],
    ["another program has the agent's port", "agent-mute", { probe: toGuest({ nonce: "none" }) }],
    ["another VM answers", "wrong-vm-answers", { probe: toGuest({ nonce: "other" }) }],
    [
      "a unit failed",
      "unit-failed",
      {
        guest: guestWith({
          health: { failedUnits: [{ name: "x.service", lines: ["starting", "libnss3.so: cannot open"] }] },
        }),
      },
    ],
    [
      "a file is missing",
      "injected-file",
      { guest: guestWith({ health: { injected: [{ path: FILE, state: "missing" }] } }) },
    ],
    [
      "a file was altered, and its unit failed",
      "injected-file",
      {
        guest: guestWith({
          health: {
            injected: [{ path: FILE, state: "altered" }],
            failedUnits: [{ name: "x.service", lines: [] }],
          },
        }),
      },
    ],
    [
      "an environment file cannot be parsed",
      "environment-unparsable",
      { guest: guestWith({ health: { environmentErrors: [`${FILE}:3: there is no \`=\``] } }) },
    ],
    [
      "the browser is dead",
      "browser-dead",
      {
        hasBrowser: true,
        guest: guestWith({ guest: { browser: { ...BROWSER, running: false, lastExit: "SIGSEGV" } } }),
      },
    ],
  ];
  test.each(faults)("%s", (_, code, vm) => {
    expect(rootCauses(vm ? { vm } : {})).toEqual([code]);
  });
});

test("a failed unit is told with the last line of its journal, and once though told twice", () => {
  const guest = guestWith({
    health: { failedUnits: [{ name: "x.service", lines: ["starting", "cannot open libnss3.so"] }] },
    guest: { services: { units: [], failed: ["x.service"] } },
  });
  expect(findingOf("unit-failed", { vm: { guest } }).cause).toBe(
    "x.service of the guest has failed; the last word of x.service: cannot open libnss3.so.",
  );
});

test("a refused SSH port is a warning only", () => {
  expect(codesWith("warn", { vm: { probe: toGuest({ ssh: "refused" }) } })).toEqual(["ssh-refused"]);
  expect(codesWith("fail", { vm: { probe: toGuest({ ssh: "refused" }) } })).toEqual([]);
});

test("a browser that runs is well; one that nobody can ask for is unknown; an image without one is not asked", () => {
  const well = { hasBrowser: true, guest: guestWith({ guest: { browser: BROWSER } }) };
  expect(findingOf("browser-dead", { vm: well }).verdict).toBe("pass");
  expect(findingOf("browser-dead", { vm: { hasBrowser: true } }).verdict).toBe("unknown");
  expect(findingOf("browser-dead", {}).verdict).toBe("skip");
});

test("a service that cannot be reached is the network's finding", () => {
  const probe = deadArp({ tx: 20, rx: 0 }, { gateway: { ok: false }, closedPort: "timeout" });
  const failed = diagnoseAll({ vm: { probe } }).filter(
    ({ verdict, layer }) => verdict === "fail" && layer === "service",
  );
  expect(failed).toEqual([]);
});
