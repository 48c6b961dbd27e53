import type { DoctorFix, DoctorLayer } from "../doctor.ts";
import type { Evidence } from "../gate.ts";

/** One thing that a check saw; the runner adds the time of the snapshot. */
export interface Seen {
  readonly source: Evidence["source"];
  /** What was looked at, in words of the field, e.g. "link bv-7". */
  readonly subject: string;
  readonly excerpt: string;
}

/** What a person or a program notices when something is broken; a check says which of them it explains. */
export type Symptom = "carrier" | "arp" | "ping" | "tcp" | "large-packets" | "egress" | "dns" | "service";

/** A check's answer. `cause` is one sentence; a `fix` replaces the one that the check's explanation gives in general. */
export type Judgement =
  | { readonly verdict: "pass" | "skip"; readonly seen: readonly Seen[] }
  | {
      readonly verdict: "warn" | "fail" | "unknown";
      readonly cause: string;
      readonly seen: readonly Seen[];
      readonly fix?: DoctorFix;
      /** Said after the cause when no other finding explains this one. */
      readonly alone?: string;
    };

/** One question, one file. Judges what was seen, and changes nothing; what it cannot see is `unknown`, never a pass. */
export interface Check<Subject> {
  /** Kebab-case name of the fault; never re-used for another question. */
  readonly code: string;
  readonly layer: DoctorLayer;
  /** A sentence that is true when the check passes. */
  readonly title: string;
  /** Codes whose failure (of the host, or of the same VM) explains a failure of this one. */
  readonly dependsOn: readonly string[];
  /** What breaks for people when this fails: the symptoms that it explains. */
  readonly breaks: readonly Symptom[];
  /** Set on a check that only shows a symptom: it names no cause, and is suppressed by each failed one that breaks this. */
  readonly shows?: Symptom;
  readonly explanation: Explanation;
  judge(subject: Subject): Judgement;
}

/** For `--explain` and for the reference page. */
export interface Explanation {
  /** What a person sees, e.g. "ARP resolves both ways, ping is dead". */
  readonly symptom: string;
  /** Why it happens. */
  readonly cause: string;
  /** The one observation that settles it. */
  readonly evidence: string;
  readonly fix: DoctorFix;
}

const plain = (verdict: "pass" | "skip") => (source: Seen["source"], subject: string, excerpt: string) =>
  ({ verdict, seen: [{ source, subject, excerpt }] }) as const;
export const pass = plain("pass");
export const skip = plain("skip");

const troubled =
  (verdict: "warn" | "fail" | "unknown") =>
  (cause: string, seen: readonly Seen[], fix?: DoctorFix): Judgement => ({
    verdict,
    cause,
    seen,
    ...(fix ? { fix } : {}),
  });
export const warn = troubled("warn");
export const fail = troubled("fail");
export const unknown = troubled("unknown");

export const seen = (source: Seen["source"], subject: string, excerpt: string): Seen => ({
  source,
  subject,
  excerpt,
});

/** hostd repairs it by itself, or on `--fix`. */
export const auto = (text: string, ...commands: readonly string[]): DoctorFix => ({
  kind: "auto",
  text,
  commands: [...commands],
  risk: "none",
});
/** A person runs these, for they change what is not ours. */
export const command = (text: string, risk: string, ...commands: readonly string[]): DoctorFix => ({
  kind: "command",
  text,
  commands: [...commands],
  risk,
});
export const manual = (text: string, risk = "none"): DoctorFix => ({
  kind: "manual",
  text,
  commands: [],
  risk,
});
/** Only a new VM helps. */
export const restart = (text: string): DoctorFix => ({
  kind: "restart",
  text,
  commands: [],
  risk: "the VM's unsaved state is lost",
});
