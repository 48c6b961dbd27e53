import type { LaunchStep } from "@browservm/contract";

const TITLES: Readonly<Record<string, string>> = {
  image: "Find the golden image",
  address: "Reserve an address",
  disk: "Make its disk",
  tap: "Plug in its network cable",
  boot: "Start the virtual machine",
  agent: "Wait for the guest to answer",
  verify: "Prove the network, layer by layer",
  adopt: "Take over the running machine",
  restore: "Wake it from its snapshot",
};

/** The steps of a cold start, so that the page can show what is still to come. */
export const COLD_START = ["image", "address", "disk", "tap", "boot", "agent", "verify"] as const;

/** What a launch step is called. A step that we do not know is shown by its own name. */
export function launchStepTitle(step: string): string {
  return TITLES[step] ?? step.charAt(0).toUpperCase() + step.slice(1).replaceAll(/[-_.]/g, " ");
}

export interface ShownStep {
  readonly step: string;
  readonly status: LaunchStep["status"] | "waiting";
  readonly startedAt?: string;
  readonly durationMs?: number | undefined;
}

/** What happened, then what a cold start still has before it. */
export function shownSteps(steps: readonly LaunchStep[]): readonly ShownStep[] {
  const seen = new Set(steps.map(({ step }) => step));
  const isCold = steps.every(({ step }) => (COLD_START as readonly string[]).includes(step));
  const hasFailed = steps.some(({ status }) => status === "failed");
  if (!isCold || hasFailed) return steps;
  const rest = COLD_START.filter((step) => !seen.has(step)).map((step) => ({
    step,
    status: "waiting" as const,
  }));
  return [...steps, ...rest];
}
