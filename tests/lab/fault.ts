import type { DoctorFix } from "@browservm/contract";
import type { FakeChanges } from "../../packages/host/src/vmm/fake/changes.ts";
import type { Stage } from "./stage.ts";

/** Where a fault can happen: a host that lets nobody out, one with an uplink, one in the machine's own namespace. */
export type WorldName = "plain" | "uplink" | "host-mode";

/**
 * What is done, in this order. Commands are lines for `sh`, with the names in braces replaced (see `Stage.fill`);
 * `host` runs in the network namespace of the bridge, `guest` in the VM's.
 */
export interface Change {
  readonly host?: readonly string[];
  readonly guest?: readonly string[];
  /** What a real guest or VMM would do by itself; see `FakeChanges`. */
  readonly fake?: FakeChanges;
  /** Only what no command can do; `words` tell it in the manual. */
  readonly act?: { readonly words: string; readonly run: (stage: Stage) => Promise<void> };
}

export interface Expected {
  /** The root cause that the doctor must name. */
  readonly code: string;
  /** `warn` where nothing is broken yet. */
  readonly verdict?: "fail" | "warn";
  /** Further root causes that belong to the same injection. */
  readonly also?: readonly string[];
  /** Failed checks that must be shown as symptoms of it. */
  readonly symptoms?: readonly string[];
  readonly fix: DoctorFix["kind"];
}

/** One fault that is injected on a real kernel, as data. */
export interface Fault {
  /** Kebab-case; what `--only` takes. */
  readonly name: string;
  /** What somebody did, or what happened, in the words of the field. */
  readonly story: string;
  /** The row of the facts files (or of the public trackers) that it comes from. */
  readonly facts: string;
  readonly world?: WorldName;
  readonly inject: Change;
  /** Puts back what the fix does not. Its commands may fail: a repair may have been there first. */
  readonly undo?: Change;
  readonly expect: Expected;
  /** The watch repairs it by itself. */
  readonly heals?: boolean;
  /** The code of the repair, where the watch looks sooner than the injection is done: then it saw the bridge gone. */
  readonly healedAs?: string;
  /** The VM is of no use afterwards. */
  readonly spoilsVm?: boolean;
  /** The whole host is of no use afterwards. */
  readonly spoilsHost?: boolean;
  /** Programs of the machine that the injection needs. */
  readonly needs?: readonly string[];
  /** Also in the subset that runs with every submission. */
  readonly fast?: boolean;
}

/** Something that looks odd and breaks nothing: the doctor must not fail. */
export interface Harmless {
  readonly name: string;
  readonly story: string;
  readonly world?: WorldName;
  readonly inject: Change;
  readonly undo?: Change;
  /** Warnings that may be shown for it. */
  readonly mayWarn?: readonly string[];
  readonly needs?: readonly string[];
}

/** A row of the facts files that cannot be injected, and why. */
export interface NotHere {
  readonly what: string;
  readonly facts: string;
  readonly why: string;
}
