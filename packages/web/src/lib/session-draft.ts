import { NewSession, type ProfileMode } from "@browservm/contract";
import { type EgressDraft, type EgressProblems, EMPTY_EGRESS, readEgressDraft } from "./egress-draft.ts";
import { parseEnvironment } from "./environment-text.ts";
import { pageAddress } from "./page-address.ts";

/** The "New session" form as it was typed. */
export interface SessionDraft {
  readonly image: string;
  readonly url: string;
  readonly ttl: string;
  /** How it may begin: "" = the fastest way, "own" = no VM of a pool, "boot" = neither pool nor snapshot. */
  readonly start: "" | "own" | "boot";
  readonly idle: string;
  readonly onIdle: "" | "pause" | "end";
  readonly vcpus: string;
  readonly memoryMib: string;
  readonly environment: string;
  readonly keepFailed: boolean;
  readonly egress: EgressDraft;
  /** Name of a browser profile; "" = none. */
  readonly profile: string;
  readonly profileMode: ProfileMode;
}

export const EMPTY_DRAFT: SessionDraft = {
  image: "browser",
  url: "",
  ttl: "",
  start: "",
  idle: "",
  onIdle: "",
  vcpus: "",
  memoryMib: "",
  environment: "",
  keepFailed: false,
  egress: EMPTY_EGRESS,
  profile: "",
  profileMode: "write",
};

export type DraftProblems = Partial<Record<Exclude<keyof SessionDraft, "egress">, string>> & {
  egress?: EgressProblems;
};
export type DraftResult =
  | { readonly ok: true; readonly request: NewSession }
  | { readonly ok: false; readonly problems: DraftProblems };

const WORDS: Readonly<Record<string, [Exclude<keyof SessionDraft, "egress">, string]>> = {
  vcpus: ["vcpus", "Between 1 and 16."],
  memoryMib: ["memoryMib", "Between 128 and 65536."],
  image: ["image", "Small letters, digits, dots and dashes only."],
  ttlSeconds: ["ttl", "Between 30 seconds and 7 days."],
  idleSeconds: ["idle", "At most 7 days."],
  profile: ["profile", "Small letters, digits, dots, dashes and underscores only."],
  environment: ["environment", "A value is too long."],
};

/** What the session may do with its profile: who may write none reads it. */
export const profileModeOf = ({ profileMode }: SessionDraft, canWrite: boolean): ProfileMode =>
  canWrite ? profileMode : "read";

/** Makes the request of what was typed, or says per field what is wrong with it. */
export function readDraft(draft: SessionDraft): DraftResult {
  const problems: DraftProblems = {};
  const url = pageAddress(draft.url);
  if (draft.url.trim() !== "" && url === null) problems.url = "This is not a web address.";
  const environment = parseEnvironment(draft.environment);
  if (!environment.ok) problems.environment = environment.problem;
  const egress = readEgressDraft(draft.egress);
  if (!egress.ok) problems.egress = egress.problems;
  const parsed = NewSession.safeParse({
    image: draft.image,
    ...(url === null ? {} : { url }),
    ...(draft.ttl === "" ? {} : { ttlSeconds: Number(draft.ttl) }),
    ...(draft.start === "" ? {} : { pool: false }),
    ...(draft.start === "boot" ? { start: "boot" } : {}),
    ...(draft.idle === "" ? {} : { idleSeconds: Number(draft.idle) }),
    ...(draft.onIdle === "" ? {} : { onIdle: draft.onIdle }),
    ...(draft.vcpus === "" ? {} : { vcpus: Number(draft.vcpus) }),
    ...(draft.memoryMib === "" ? {} : { memoryMib: Number(draft.memoryMib) }),
    ...(environment.ok && draft.environment.trim() !== "" ? { environment: environment.environment } : {}),
    ...(draft.profile.trim() === ""
      ? {}
      : { profile: { name: draft.profile.trim(), mode: draft.profileMode } }),
    ...(draft.keepFailed ? { keepFailed: true } : {}),
    ...(egress.ok && egress.policy ? { egress: egress.policy } : {}),
  });
  for (const issue of parsed.error?.issues ?? []) {
    const [field, words] = WORDS[String(issue.path[0])] ?? ["image", issue.message];
    problems[field] ??= words;
  }
  if (parsed.success && Object.keys(problems).length === 0) return { ok: true, request: parsed.data };
  return { ok: false, problems };
}
