import type { Viewer, ViewerId } from "@browservm/contract";

/** What the bar over the display says about the control, and what can be done about it. */
export type ControlBar =
  /** May only look. */
  | { readonly is: "watching"; readonly words: string }
  /** Somebody else, or nobody, has it. */
  | { readonly is: "without"; readonly words: string; readonly ask: string; readonly canTake: boolean }
  | { readonly is: "waiting"; readonly words: string; readonly canTake: boolean }
  /** We have it, and `asker` waits for it. */
  | { readonly is: "asked"; readonly words: string; readonly asker: ViewerId };

const find = (viewers: readonly Viewer[] | null, id: ViewerId) => viewers?.find((one) => one.id === id);
const holderOf = (viewers: readonly Viewer[]) => viewers.find(({ hasControl }) => hasControl);

/** Who waits for the control, longest first. */
const askersOf = (viewers: readonly Viewer[]) =>
  viewers
    .filter(({ asksSince }) => asksSince !== null)
    .toSorted((a, b) => Date.parse(a.asksSince ?? "") - Date.parse(b.asksSince ?? ""));

/** Null when there is nothing to say: who has the control and is not asked for it just uses it. */
export function controlBar(
  viewers: readonly Viewer[] | null,
  mine: ViewerId,
  isOperator: boolean,
): ControlBar | null {
  const me = find(viewers, mine);
  if (viewers === null || me === undefined) return null;
  const holder = holderOf(viewers);
  if (me.hasControl) return askedBar(askersOf(viewers).filter(({ id }) => id !== mine));
  const state = holder ? `${holder.name} has the control.` : "Nobody has the control.";
  if (!me.canControl)
    return { is: "watching", words: holder ? `You are watching. ${state}` : "You are watching." };
  if (me.asksSince !== null)
    return {
      is: "waiting",
      words: `You asked. Waiting for ${holder?.name ?? "an answer"}…`,
      canTake: isOperator,
    };
  // what nobody has is given at once to who asks
  if (holder === undefined) return { is: "without", words: state, ask: "Use it", canTake: false };
  return { is: "without", words: state, ask: "Ask for it", canTake: isOperator };
}

function askedBar([first, ...rest]: readonly Viewer[]): ControlBar | null {
  if (first === undefined) return null;
  const others =
    rest.length === 0 ? "" : rest.length === 1 ? " One more waits." : ` ${rest.length} more wait.`;
  return { is: "asked", words: `${first.name} asks for the control.${others}`, asker: first.id };
}

/** Whether this page has the control, as far as is known. */
export const hasControl = (viewers: readonly Viewer[] | null, mine: ViewerId): boolean =>
  find(viewers, mine)?.hasControl === true;

/** Whether keys and clicks of this page would lead nowhere. While it is not known yet, they are sent. */
export function isWatching(viewers: readonly Viewer[] | null, mine: ViewerId): boolean {
  const me = find(viewers, mine);
  if (me) return !me.hasControl;
  return viewers !== null && holderOf(viewers) !== undefined;
}

/** What happened to the control of this page between two looks, as a sentence; null when nothing did. */
export function controlNews(
  before: readonly Viewer[] | null,
  after: readonly Viewer[] | null,
  mine: ViewerId,
): string | null {
  const was = find(before, mine);
  const now = find(after, mine);
  if (was === undefined || now === undefined || after === null) return null;
  if (now.hasControl) return was.hasControl ? null : "You have the control now.";
  const holder = holderOf(after);
  if (was.hasControl) return `${holder?.name ?? "Nobody"} has the control now.`;
  if (was.asksSince === null || now.asksSince !== null || holder === undefined) return null;
  return `Not now: ${holder.name} has the control.`;
}

/** One person in the list of who is here. */
export interface Person {
  readonly viewer: Viewer;
  readonly isMe: boolean;
  /** How they came: "operator", "by a link". */
  readonly came: string;
  /** What they do: "has the control", "asks for the control", "watches". */
  readonly does: string;
  readonly canBeGiven: boolean;
  /** The control is somebody else's, and an operator may have it. */
  readonly canBeTakenFrom: boolean;
  /** The control is ours, and others are here who could have it. */
  readonly canLetGo: boolean;
}

/** The list as it is shown, in the order in which they came. */
export function peopleView(viewers: readonly Viewer[], mine: ViewerId): readonly Person[] {
  return viewers.map((viewer) => ({
    viewer,
    isMe: viewer.id === mine,
    came: viewer.via === "operator" ? "operator" : "by a link",
    does: doesWhat(viewer),
    canBeGiven: viewer.canControl && !viewer.hasControl,
    canBeTakenFrom: viewer.hasControl && viewer.id !== mine,
    canLetGo: viewer.hasControl && viewer.id === mine && viewers.length > 1,
  }));
}

function doesWhat({ hasControl, asksSince, canControl }: Viewer): string {
  if (hasControl) return "has the control";
  if (asksSince !== null) return "asks for the control";
  return canControl ? "watches" : "may only look";
}

/** How many are here, for the button that leads to them. */
export function countWords(viewers: readonly Viewer[] | null): string {
  if (viewers === null) return "it is not known who is here";
  if (viewers.length === 0) return "nobody is here";
  return viewers.length === 1 ? "1 person is here" : `${viewers.length} people are here`;
}
