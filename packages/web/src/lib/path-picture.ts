import { GATE_STEPS, type GateReport, type GateStep, type GateStepId } from "@browservm/contract";

/** What one part of the picture says. `waiting` = not looked at yet; `affected` = fails, but another part is the cause. */
export type PartState = "waiting" | "running" | "pass" | "fail" | "affected" | "skip" | "unknown";

export type PartId =
  | "machine"
  | "uplink"
  | "bridge"
  | "tap"
  | "vmm"
  | "guest"
  | "agent"
  | "browser"
  | "firewall"
  | "path"
  | "stability";

export interface Part {
  readonly id: PartId;
  readonly kind: "node" | "edge" | "span" | "zone";
  readonly label: string;
  /** What the part is, for the line under its name. */
  readonly about: string;
  readonly proves: readonly GateStepId[];
}

/** The way of a packet from the outside to the browser, and the gate steps that prove each part of it. */
export const PARTS: readonly Part[] = [
  { id: "machine", kind: "zone", label: "This machine", about: "what all VMs share", proves: [] },
  {
    id: "uplink",
    kind: "node",
    label: "Uplink",
    about: "the way out, and what must stay closed",
    proves: ["R8"],
  },
  { id: "firewall", kind: "edge", label: "Firewall", about: "our nftables rules", proves: ["R4"] },
  { id: "bridge", kind: "node", label: "Bridge", about: "the switch that all VMs share", proves: ["R2"] },
  { id: "tap", kind: "node", label: "TAP", about: "this VM's own network cable", proves: ["R1"] },
  { id: "vmm", kind: "node", label: "VMM", about: "the process that runs the VM", proves: ["R3"] },
  { id: "path", kind: "edge", label: "Path", about: "packets, both ways", proves: ["R6"] },
  { id: "guest", kind: "node", label: "Guest", about: "what the VM itself sees", proves: ["R5"] },
  { id: "agent", kind: "node", label: "Agent", about: "this very VM answers", proves: ["R7"] },
  { id: "browser", kind: "node", label: "Browser", about: "it obeys and paints", proves: ["R10"] },
  { id: "stability", kind: "span", label: "Two seconds later", about: "it still holds", proves: ["R9"] },
];

const OF_CONTAINERS: Readonly<Partial<Record<PartId, Pick<Part, "label" | "about">>>> = {
  tap: { label: "veth", about: "this container's own network cable" },
  vmm: { label: "Runtime", about: "the process that runs the container" },
  guest: { label: "Guest", about: "what the container itself sees" },
  agent: { label: "Agent", about: "this very container answers" },
};
const CONTAINER_PARTS = PARTS.map((part) => ({ ...part, ...OF_CONTAINERS[part.id] }));

/** Only containers have no accelerator. */
export const isContainer = (gate: GateReport | null): boolean => gate?.accelerator === "none";

/** The parts in the words of what runs there. */
export const partsFor = (gate: GateReport | null): readonly Part[] =>
  isContainer(gate) ? CONTAINER_PARTS : PARTS;

const WORST_FIRST: readonly PartState[] = ["fail", "unknown", "running", "waiting", "pass", "skip"];

/** The state of each gate step, also of those that the report does not tell of yet. */
export function stepStates(gate: GateReport | null): ReadonlyMap<GateStepId, PartState> {
  const seen = new Map((gate?.steps ?? []).map((step) => [step.id, step.verdict]));
  const states = new Map<GateStepId, PartState>();
  let isNext = gate?.verdict === "running";
  for (const { id } of GATE_STEPS) {
    const verdict = seen.get(id);
    states.set(id, verdict ?? (isNext ? "running" : "waiting"));
    if (verdict === undefined) isNext = false;
  }
  return states;
}

/** The worst of what its steps say. */
export function partState(part: Part, states: ReadonlyMap<GateStepId, PartState>): PartState {
  const own = part.proves.map((id) => states.get(id) ?? "waiting");
  return WORST_FIRST.find((state) => own.includes(state)) ?? "waiting";
}

/** The steps of a report that prove a part, in the order of the gate. */
export function stepsOf(part: Part, gate: GateReport | null): readonly GateStep[] {
  return (gate?.steps ?? []).filter(({ id }) => part.proves.includes(id));
}

/** The part that failed, if one did. */
export function failedPart(gate: GateReport | null): Part | undefined {
  const states = stepStates(gate);
  return PARTS.find((part) => partState(part, states) === "fail");
}
