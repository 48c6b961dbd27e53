import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, isBrowserVmError } from "@browservm/contract";
import type { GateStepDefinition } from "../gate-step.ts";
import { attachStep } from "./r3-attach.ts";
import { pathStep } from "./r6-path.ts";

/** "It worked once and two minutes later it did not": the second look, after the VM was handed out. */
export const SECOND_LOOK_MS = 2000;

export const stabilityStep: GateStepDefinition = {
  id: "R9",
  budgetMs: 12_000,
  async prove(subject, context) {
    await sleep(SECOND_LOOK_MS, undefined, { signal: context.signal });
    try {
      await attachStep.prove(subject, context);
      await pathStep.prove(subject, context);
    } catch (error) {
      if (!isBrowserVmError(error)) throw error;
      throw new BrowserVmError("GATE_UNSTABLE", `${error.code}: ${error.message}`, error.details, {
        cause: error,
      });
    }
    return "pass";
  },
};
