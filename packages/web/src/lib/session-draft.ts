import {
  type ClipboardPolicy,
  type EgressPolicy,
  NewSession,
  OPEN_CLIPBOARD,
  type ProfileMode,
  type Session,
} from "@browservm/contract";
import {
  type EgressDraft,
  type EgressProblems,
  EMPTY_EGRESS,
  egressDraftAfter,
  readEgressDraft,
} from "./egress-draft.ts";
import { parseEnvironment } from "./environment-text.ts";
import { pageAddress } from "./page-address.ts";
import { PROFILE_NAME_WORDS } from "./profile-view.ts";

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
  /** Which way content may go between its clipboard and viewers'. */
  readonly clipboard: ClipboardPolicy;
  /** Name of a browser profile; "" = none. */
  readonly profile: string;
  readonly profileMode: ProfileMode;
  /** Whose the session shall be; "" = its maker's. */
  readonly project: string;
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
  clipboard: OPEN_CLIPBOARD,
  profile: "",
  profileMode: "write",
  project: "",
};

type TypedField = Exclude<keyof SessionDraft, "egress" | "clipboard">;
export type DraftProblems = Partial<Record<TypedField, string>> & {
  egress?: EgressProblems;
};
export type DraftResult =
  | { readonly ok: true; readonly request: NewSession }
  | { readonly ok: false; readonly problems: DraftProblems };

const WORDS: Readonly<Record<string, [TypedField, string]>> = {
  vcpus: ["vcpus", "Between 1 and 16."],
  memoryMib: ["memoryMib", "Between 128 and 65536."],
  image: ["image", "Small letters, digits, dots and dashes only."],
  ttlSeconds: ["ttl", "Between 30 seconds and 7 days."],
  idleSeconds: ["idle", "At most 7 days."],
  profile: ["profile", PROFILE_NAME_WORDS],
  environment: ["environment", "A value is too long."],
};

/** The form for another session like one that is over, which might go where `policy` says. */
export const draftAfter = (
  { url, image, project, profile, clipboard }: Session,
  policy: EgressPolicy | null,
): Partial<SessionDraft> => ({
  url: url ?? "",
  image,
  project,
  egress: egressDraftAfter(policy),
  clipboard,
  ...(profile ? { profile: profile.name, profileMode: profile.mode } : {}),
});

/** A machine may allow less than a form asks for. */
const isOpen = ({ toGuest, fromGuest }: ClipboardPolicy): boolean => toGuest && fromGuest;

/** Whether it says where the session may go, or what its clipboard may. */
export const hasLimits = ({ egress, clipboard }: SessionDraft): boolean =>
  JSON.stringify(egress) !== JSON.stringify(EMPTY_EGRESS) || !isOpen(clipboard);

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
    ...(draft.project === "" ? {} : { project: draft.project }),
    ...(draft.keepFailed ? { keepFailed: true } : {}),
    ...(egress.ok && egress.policy ? { egress: egress.policy } : {}),
    ...(isOpen(draft.clipboard) ? {} : { clipboard: draft.clipboard }),
  });
  for (const issue of parsed.error?.issues ?? []) {
    const [field, words] = WORDS[String(issue.path[0])] ?? ["image", issue.message];
    problems[field] ??= words;
  }
  if (parsed.success && Object.keys(problems).length === 0) return { ok: true, request: parsed.data };
  return { ok: false, problems };
}
