import type { ErrorRow } from "./error-row.ts";

/** What the gate can find wrong, a row or more for each of its steps. */
export const GATE_ERRORS = {
  GATE_PLAN: {
    status: 500,
    title: "R1: the address plan does not hold",
    fix: "Another machine may answer at this address; see the evidence.",
  },
  GATE_LINK: {
    status: 500,
    title: "R2: the TAP or the bridge is not as planned",
    fix: "See the evidence; `browservm doctor` explains host faults.",
  },
  GATE_ATTACH: {
    status: 500,
    title: "R3: the VMM is not attached to its TAP",
    fix: "See the evidence for the process that holds it.",
  },
  GATE_FIREWALL: {
    status: 500,
    title: "R4: the firewall is not as planned",
    fix: "See the evidence for the rule that is missing or foreign.",
  },
  GATE_GUEST: {
    status: 500,
    title: "R5: the guest's own network is not as planned",
    fix: "See the evidence for what the guest says.",
  },
  GATE_PATH_UNREACHABLE: {
    status: 500,
    title: "R6: packets do not pass between host and guest",
    fix: "See the evidence for the last hop that answered.",
  },
  GATE_MTU: {
    status: 500,
    title: "R6: large packets do not pass",
    fix: "Set `network.mtu` to what the path carries.",
  },
  GATE_SERVICE_REFUSED: {
    status: 500,
    title: "R7: the network works, but the service in the guest is down",
    fix: "See `browservm logs --source journal` for the unit that failed.",
  },
  GATE_SERVICE_UNREACHABLE: {
    status: 500,
    title: "R7: the service's port cannot be reached",
    fix: "A firewall on the path drops it; see the evidence.",
  },
  GATE_WRONG_VM: {
    status: 500,
    title: "R7: another machine answered at this VM's address",
    fix: "Find the second holder of the address (see the evidence).",
  },
  GATE_POLICY: {
    status: 500,
    title: "R8: something that must be closed is open, or the reverse",
    fix: "See the evidence for the target and its answer.",
  },
  GATE_BROWSER: {
    status: 500,
    title: "R10: the browser does not paint",
    fix: "See `browservm logs --source agent`.",
  },
  GATE_UNSTABLE: {
    status: 500,
    title: "R9: it worked once and then it did not",
    fix: "See the evidence for what changed between the two looks.",
  },
} as const satisfies Record<string, ErrorRow>;
