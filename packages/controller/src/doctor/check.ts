import type { DoctorFix, Evidence } from "@browservm/contract";
import type { LiveSight } from "./sight.ts";

export type Seen = Pick<Evidence, "source" | "subject" | "excerpt">;

/** A check's answer, as hostd's checks give it. `cause` is one sentence. */
export type Judgement =
  | { readonly verdict: "pass" | "skip"; readonly seen: readonly Seen[] }
  | {
      readonly verdict: "warn" | "fail" | "unknown";
      readonly cause: string;
      readonly seen: readonly Seen[];
      readonly fix?: DoctorFix;
    };

/**
 * One question about the live view, one file: what hostd's checks are for the path of a packet, this is for the path of a
 * picture. Judges what the gateway reported, and asks nobody.
 */
export interface LiveCheck {
  /** Kebab-case name of the fault; never re-used for another question. */
  readonly code: string;
  readonly layer: "live";
  /** A sentence that is true when the check passes. */
  readonly title: string;
  /** `gateway`: it is about the whole machine; `session`: about one session's picture. */
  readonly asks: "gateway" | "session";
  /** Codes, of hostd's checks too, whose failure explains a failure of this one. */
  readonly dependsOn: readonly string[];
  readonly breaks: readonly [];
  readonly explanation: {
    readonly symptom: string;
    readonly cause: string;
    readonly evidence: string;
    readonly fix: DoctorFix;
  };
  judge(sight: LiveSight): Judgement;
}

const plain =
  (verdict: "pass" | "skip") =>
  (subject: string, excerpt: string): Judgement => ({ verdict, seen: [gatewaySaw(subject, excerpt)] });
export const pass = plain("pass");
export const skip = plain("skip");

const troubled =
  (verdict: "fail" | "unknown") =>
  (cause: string, seen: readonly Seen[], fix?: DoctorFix): Judgement => ({
    verdict,
    cause,
    seen,
    ...(fix ? { fix } : {}),
  });
export const fail = troubled("fail");
export const unknown = troubled("unknown");

export const gatewaySaw = (subject: string, excerpt: string): Seen => ({
  source: "gateway",
  subject,
  excerpt,
});

export const manual = (text: string, risk = "none"): DoctorFix => ({
  kind: "manual",
  text,
  commands: [],
  risk,
});
export const command = (text: string, risk: string, ...commands: readonly string[]): DoctorFix => ({
  kind: "command",
  text,
  commands: [...commands],
  risk,
});
