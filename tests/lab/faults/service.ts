import type { Fault } from "../fault.ts";

const FILE = "/etc/browservm/session.env";
const state = (word: "missing" | "altered" | "wrong-mode") => ({
  fake: { health: { injected: [{ path: FILE, state: word }] } },
});

export const SERVICE_FAULTS: readonly Fault[] = [
  {
    name: "agent-port-refused",
    story: "nobody listens on the agent's port: the network works, the service does not",
    facts: "firecracker-facts 4.4, FVN4006",
    inject: { fake: { nonce: "none" } },
    undo: { fake: {} },
    expect: { code: "agent-port-refused", fix: "manual" },
    fast: true,
  },
  {
    name: "another-vm-answers",
    story: "another VM answers at this VM's address",
    facts: "network-facts 4d, host<->guest works with the wrong VM",
    inject: { fake: { nonce: "lie" } },
    undo: { fake: {} },
    expect: { code: "wrong-vm-answers", fix: "manual" },
    fast: true,
  },
  {
    name: "agent-port-mute",
    story: "something listens on the agent's port and never answers",
    facts: "firecracker-facts 4.4, FVN4007",
    inject: { fake: { nonce: "mute" } },
    undo: { fake: {} },
    expect: { code: "agent-mute", fix: "manual" },
  },
  {
    name: "ssh-refused",
    story: "the SSH server does not run",
    facts: "firecracker-facts 4.4, FVN4006",
    inject: { fake: { ssh: "none" } },
    undo: { fake: {} },
    expect: { code: "ssh-refused", verdict: "warn", fix: "manual" },
  },
  {
    name: "unit-failed",
    story: "a unit of the guest has failed, and its journal says why",
    facts: "issue 3, unit failed with its last journal lines",
    inject: {
      fake: {
        services: { failed: ["browser.service"] },
        health: {
          failedUnits: [
            {
              name: "browser.service",
              lines: ["chromium: error while loading shared libraries: libnss3.so"],
            },
          ],
        },
      },
    },
    undo: { fake: {} },
    expect: { code: "unit-failed", fix: "manual" },
    fast: true,
  },
  {
    name: "injected-file-missing",
    story: "a file that hostd injected is gone in the guest",
    facts: "issue 3, an injected file missing",
    inject: state("missing"),
    undo: { fake: {} },
    expect: { code: "injected-file", fix: "restart" },
    fast: true,
  },
  {
    name: "injected-file-altered",
    story: "a file that hostd injected has other content",
    facts: "issue 3, an injected file altered",
    inject: state("altered"),
    undo: { fake: {} },
    expect: { code: "injected-file", fix: "restart" },
  },
  {
    name: "injected-file-mode",
    story: "a file that hostd injected has another mode",
    facts: "issue 3, an injected file altered",
    inject: state("wrong-mode"),
    undo: { fake: {} },
    expect: { code: "injected-file", fix: "restart" },
  },
  {
    name: "environment-unparsable",
    story: "an environment file has a line that systemd cannot parse, so its unit starts without it",
    facts: "issue 3, an environment file that a unit cannot parse",
    inject: { fake: { health: { environmentErrors: [`${FILE}:3: no value`] } } },
    undo: { fake: {} },
    expect: { code: "environment-unparsable", fix: "manual" },
  },
  {
    name: "large-packets-lost",
    story: "something between host and guest loses large packets: small ones pass, downloads hang",
    facts: "firecracker-facts 4.4, FVN4002, path MTU black hole",
    inject: { fake: { largestFrameBytes: 1200 } },
    undo: { fake: {} },
    expect: { code: "path-mtu", fix: "manual" },
    fast: true,
  },
];
