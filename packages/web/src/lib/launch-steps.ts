import type { LaunchStep, VmOrigin } from "@browservm/contract";

const TITLES: Readonly<Record<string, string>> = {
  snapshot: "Find its golden snapshot",
  image: "Find the golden image",
  address: "Reserve an address",
  disk: "Make its disk",
  copy: "Copy the other machine",
  tap: "Plug in its network cable",
  fence: "Lay its network cable, behind a fence",
  boot: "Start the virtual machine",
  restore: "Wake it where it was frozen",
  agent: "Wait for the guest to answer",
  identity: "Give it an identity of its own",
  browser: "Renew what is random in its browser",
  plug: "Plug in its network cable",
  display: "Fit its display",
  verify: "Prove the network, layer by layer",
  settings: "Hand over display and environment",
  adopt: "Take over the running machine",
  freeze: "Write its memory to disk",
  commit: "Make sure that it stays there",
  free: "Free its memory",
  memory: "Unpack its memory",
  fork: "Copy it for another session",
};

/** The same step does something else in these stories. */
const IN_STORY: Readonly<Partial<Record<StoryKind, Readonly<Record<string, string>>>>> = {
  restore: { tap: "Lay its network cable, behind a fence" },
  resume: { identity: "Set its clock" },
};

export type StoryKind = "launch" | "boot" | "restore" | "fork" | "pause" | "resume" | "adopt" | "copy";

/** What each story goes through when all goes well, so that the page can show what is still to come. */
const PLANS: Readonly<Record<StoryKind, readonly string[]>> = {
  launch: ["image", "address", "disk", "tap"],
  boot: ["image", "address", "disk", "tap", "boot", "agent", "verify"],
  restore: ["image", "address", "disk", "tap", "restore", "agent", "identity", "plug", "verify"],
  fork: ["image", "copy", "fence", "restore", "agent", "identity", "plug", "verify"],
  pause: ["freeze", "commit", "free"],
  resume: ["memory", "tap", "restore", "agent", "identity", "verify"],
  adopt: ["adopt"],
  copy: ["fork"],
};

/** These begin a story of their own. */
const BEGINNINGS: Readonly<Record<string, StoryKind>> = {
  freeze: "pause",
  memory: "resume",
  adopt: "adopt",
  fork: "copy",
};

const LAUNCH_KINDS: Readonly<Record<VmOrigin, StoryKind>> = {
  boot: "boot",
  snapshot: "restore",
  fork: "fork",
};

/** Steps that belong together: a launch, a pause, a resume. */
export interface Story {
  readonly kind: StoryKind;
  readonly steps: readonly LaunchStep[];
}

/** What happened to a VM, one story after the other; its launch comes first, unless it is so long ago that it is gone. */
export function storiesOf(steps: readonly LaunchStep[], origin?: VmOrigin): readonly Story[] {
  const stories: { kind: StoryKind; steps: LaunchStep[] }[] = [];
  for (const step of steps) {
    const kind = BEGINNINGS[step.step];
    const last = stories.at(-1);
    if (kind === undefined && last) last.steps.push(step);
    else stories.push({ kind: kind ?? "launch", steps: [step] });
  }
  return stories.map((story) =>
    story.kind === "launch" ? { ...story, kind: launchKind(story.steps, origin) } : story,
  );
}

/** The story that was told last; an empty launch before there is any. */
export function lastStory(steps: readonly LaunchStep[], origin?: VmOrigin): Story {
  return storiesOf(steps, origin).at(-1) ?? { kind: launchKind([], origin), steps: [] };
}

function launchKind(steps: readonly LaunchStep[], origin: VmOrigin | undefined): StoryKind {
  const has = (name: string) => steps.some(({ step }) => step === name);
  if (has("boot")) return "boot";
  if (has("copy")) return "fork";
  if (has("restore")) return "restore";
  return origin ? LAUNCH_KINDS[origin] : "launch";
}

/** What a step is called. One that we do not know is shown by its own name. */
export function launchStepTitle(step: string, kind: StoryKind = "launch"): string {
  const title = IN_STORY[kind]?.[step] ?? TITLES[step];
  return title ?? step.charAt(0).toUpperCase() + step.slice(1).replaceAll(/[-_.]/g, " ");
}

export interface ShownStep {
  /** Unlike in its story. */
  readonly key: string;
  readonly step: string;
  readonly title: string;
  readonly status: LaunchStep["status"] | "waiting";
  readonly startedAt?: string;
  readonly durationMs?: number | undefined;
}

/** What happened in a story, then what it still has before it, as long as it goes its usual way. */
export function shownSteps({ kind, steps }: Story): readonly ShownStep[] {
  const seen = new Set(steps.map(({ step }) => step));
  const happened = steps.map((step, index) => ({
    ...step,
    key: `${index}:${step.step}`,
    title: launchStepTitle(step.step, kind),
  }));
  const hasFailed = steps.some(({ status }) => status === "failed");
  const isOver = steps.length > 0 && steps.every(({ status }) => status === "done") && seen.has(lastOf(kind));
  if (hasFailed || isOver) return happened;
  const rest = PLANS[kind]
    .filter((step) => !seen.has(step))
    .map((step) => ({ key: step, step, title: launchStepTitle(step, kind), status: "waiting" as const }));
  return [...happened, ...rest];
}

const lastOf = (kind: StoryKind) => PLANS[kind].at(-1) ?? "";

const STORY_TITLES: Readonly<Record<StoryKind, string>> = {
  launch: "Launch",
  boot: "Launch",
  restore: "Launch, from a snapshot",
  fork: "Launch, from another session",
  pause: "Pause",
  resume: "Resume",
  adopt: "Taken over",
  copy: "Fork",
};

export const storyTitle = (kind: StoryKind): string => STORY_TITLES[kind];

const BUILD_WORDS: Readonly<Record<string, string>> = {
  image: "finding the image",
  boot: "starting the machine",
  agent: "waiting for the guest",
  browser: "waiting for the browser to paint",
  settle: "letting it settle",
  forget: "forgetting all that is its own",
  freeze: "writing its memory to disk",
  store: "storing it",
};

/** What the making of a golden snapshot does now, as the end of a sentence. */
export const buildStepWords = (step: string): string => BUILD_WORDS[step] ?? step;
