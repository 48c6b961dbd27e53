import type { Viewer } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { controlBar, controlNews, countWords, isWatching, peopleView } from "./control-view.ts";
import { at } from "./testing/session-facts.ts";
import { viewerFact, viewerId } from "./testing/sharing-facts.ts";

const ME = viewerId("m");
const me = (over: Partial<Viewer> = {}) => viewerFact("m", { name: "Me", ...over });
const anna = (over: Partial<Viewer> = {}) => viewerFact("a", { name: "Anna", ...over });
const bob = (over: Partial<Viewer> = {}) => viewerFact("b", { name: "Bob", ...over });
const has = { hasControl: true } as const;
const asks = (seconds: number) => ({ asksSince: at(seconds) });
const bar = (...viewers: Viewer[]) => controlBar(viewers, ME, false);

describe("the bar", () => {
  test("says nothing to who has the control and is not asked for it, alone or not", () => {
    expect(bar(me(has))).toBeNull();
    expect(bar(me(has), anna())).toBeNull();
  });

  test("says nothing while it is not known who is here, or we are not among them yet", () => {
    expect(controlBar(null, ME, true)).toBeNull();
    expect(bar(anna(has))).toBeNull();
  });

  test("tells who has the control, and lets one ask for it; operators may take it", () => {
    const told = { is: "without", words: "Anna has the control.", ask: "Ask for it", canTake: false };
    expect(bar(anna(has), me())).toEqual(told);
    expect(controlBar([anna(has), me()], ME, true)).toEqual({ ...told, canTake: true });
  });

  test("what nobody has is there to be used", () => {
    expect(controlBar([me()], ME, true)).toEqual({
      is: "without",
      words: "Nobody has the control.",
      ask: "Use it",
      canTake: false,
    });
  });

  test("tells who asked whose answer it waits for", () => {
    expect(bar(anna(has), me(asks(-1)))).toMatchObject({
      is: "waiting",
      words: "You asked. Waiting for Anna…",
    });
  });

  test("tells who has the control of the one who waits longest, and how many more wait", () => {
    const asked = { is: "asked", asker: viewerId("b") };
    expect(bar(me(has), bob(asks(-1)))).toEqual({ ...asked, words: "Bob asks for the control." });
    expect(bar(me(has), anna(asks(-1)), bob(asks(-9)))).toEqual({
      ...asked,
      words: "Bob asks for the control. One more waits.",
    });
    const third = viewerFact("c", asks(-3));
    expect(bar(me(has), anna(asks(-1)), third, bob(asks(-9)))?.words).toContain("2 more wait.");
  });

  test("offers nothing to who may only look", () => {
    const looks = me({ canControl: false });
    expect(bar(looks)).toEqual({ is: "watching", words: "You are watching." });
    expect(bar(anna(has), looks)).toEqual({
      is: "watching",
      words: "You are watching. Anna has the control.",
    });
  });
});

describe("whether what is typed here leads anywhere", () => {
  test("it does with the control, and does not without it", () => {
    expect(isWatching([me(has)], ME)).toBe(false);
    expect(isWatching([anna(has), me()], ME)).toBe(true);
    expect(isWatching([me()], ME)).toBe(true);
  });

  test("before our place is known, it does unless somebody has the control", () => {
    expect(isWatching(null, ME)).toBe(false);
    expect(isWatching([], ME)).toBe(false);
    expect(isWatching([anna()], ME)).toBe(false);
    expect(isWatching([anna(has)], ME)).toBe(true);
  });
});

describe("news", () => {
  const news = (before: Viewer[], after: Viewer[]) => controlNews(before, after, ME);

  test("the control came, or went", () => {
    expect(news([me(), anna(has)], [me(has), anna()])).toBe("You have the control now.");
    expect(news([me(has), anna()], [me(), anna(has)])).toBe("Anna has the control now.");
    expect(news([me(has), anna()], [me(), anna()])).toBe("Nobody has the control now.");
  });

  test("who asked in vain is told", () => {
    expect(news([me(asks(-5)), anna(has)], [me(), anna(has)])).toBe("Not now: Anna has the control.");
  });

  test("what others do among themselves, and our own coming, is no news", () => {
    expect(news([me(), anna(has), bob()], [me(), anna(), bob(has)])).toBeNull();
    expect(news([me(), anna(has)], [me(asks(0)), anna(has)])).toBeNull();
    expect(news([], [me(has)])).toBeNull();
    expect(controlNews(null, [me(has)], ME)).toBeNull();
    expect(controlNews([me(has)], null, ME)).toBeNull();
  });
});

describe("people", () => {
  test("are told by what they do and how they came", () => {
    const people = peopleView(
      [me({ via: "operator", ...has }), anna(asks(-1)), bob(), viewerFact("d", { canControl: false })],
      ME,
    );
    expect(people.map(({ does, came, isMe }) => [does, came, isMe])).toEqual([
      ["has the control", "operator", true],
      ["asks for the control", "by a link", false],
      ["watches", "by a link", false],
      ["may only look", "by a link", false],
    ]);
  });

  test("the control is given to who may have it, and taken from somebody else only", () => {
    const [first, second, third] = peopleView([anna(has), me(), viewerFact("d", { canControl: false })], ME);
    expect(first).toMatchObject({ canBeGiven: false, canBeTakenFrom: true });
    expect(second).toMatchObject({ canBeGiven: true, canBeTakenFrom: false });
    expect(third).toMatchObject({ canBeGiven: false, canBeTakenFrom: false });
    const alone = peopleView([me(has)], ME)[0];
    expect(alone).toMatchObject({ canBeGiven: false, canBeTakenFrom: false, canLetGo: false });
    expect(peopleView([me(has), bob()], ME).map(({ canLetGo }) => canLetGo)).toEqual([true, false]);
  });

  test("are counted in words", () => {
    expect([null, [], [me()], [me(), bob()]].map((viewers) => countWords(viewers))).toEqual([
      "it is not known who is here",
      "nobody is here",
      "1 person is here",
      "2 people are here",
    ]);
  });
});
