import { EgressPolicy, type Session } from "@browservm/contract";
import { expect, test } from "vitest";
import {
  draftAfter,
  EMPTY_DRAFT,
  hasLimits,
  profileModeOf,
  readDraft,
  type SessionDraft,
} from "./session-draft.ts";
import { sessionFact } from "./testing/session-facts.ts";

test("an untouched form asks for the defaults and nothing else", () => {
  expect(readDraft(EMPTY_DRAFT)).toEqual({ ok: true, request: { image: "browser" } });
});

test("what was typed arrives in the units of the contract", () => {
  const draft: SessionDraft = {
    ...EMPTY_DRAFT,
    image: "tiny",
    url: "example.com",
    ttl: "14400",
    start: "boot",
    idle: "900",
    onIdle: "end",
    vcpus: "4",
    memoryMib: "4096",
    environment: "TZ=Europe/Berlin",
    keepFailed: true,
  };
  expect(readDraft(draft)).toEqual({
    ok: true,
    request: {
      image: "tiny",
      url: "https://example.com",
      ttlSeconds: 14_400,
      pool: false,
      start: "boot",
      idleSeconds: 900,
      onIdle: "end",
      vcpus: 4,
      memoryMib: 4096,
      environment: { TZ: "Europe/Berlin" },
      keepFailed: true,
    },
  });
});

test("every wrong field is named at once", () => {
  const result = readDraft({
    ...EMPTY_DRAFT,
    url: "two words",
    vcpus: "99",
    memoryMib: "1",
    environment: "x",
  });
  expect(result.ok).toBe(false);
  if (result.ok) return;
  expect(Object.keys(result.problems).toSorted()).toEqual(["environment", "memoryMib", "url", "vcpus"]);
});

test("who may write no profile asks to read it, whatever the form began with", () => {
  expect(profileModeOf(EMPTY_DRAFT, true)).toBe("write");
  expect(profileModeOf(EMPTY_DRAFT, false)).toBe("read");
});

test("a session with a profile of another project is that project's, or it would begin with another profile", () => {
  const read = readDraft({ ...EMPTY_DRAFT, profile: "work", project: "blue" });
  expect(read).toMatchObject({ ok: true, request: { profile: { name: "work" }, project: "blue" } });
  const own = readDraft({ ...EMPTY_DRAFT, profile: "work" });
  expect(own.ok && "project" in own.request).toBe(false);
});

test("another session like one that is over has its image, page, profile, project and limits", () => {
  const egress = EgressPolicy.parse({ allow: ["example.com"], proxy: { url: "socks5://203.0.113.9:1080" } });
  const clipboard = { toGuest: true, fromGuest: false };
  const profile = { name: "work", mode: "read" } as NonNullable<Session["profile"]>;
  const over = {
    ...sessionFact(),
    image: "tiny",
    url: "https://example.com/",
    project: "blue",
    clipboard,
    profile,
  };
  const draft = { ...EMPTY_DRAFT, ...draftAfter(over, egress) };
  expect(readDraft(draft)).toEqual({
    ok: true,
    request: {
      image: "tiny",
      url: "https://example.com/",
      project: "blue",
      profile: { name: "work", mode: "read" },
      egress,
      clipboard,
    },
  });
  expect([hasLimits(draft), hasLimits(EMPTY_DRAFT)]).toEqual([true, false]);
  const free = { ...EMPTY_DRAFT, ...draftAfter(sessionFact(), null) };
  expect(hasLimits(free)).toBe(false);
  expect(readDraft(free)).toEqual({
    ok: true,
    request: { image: "browser", url: "https://example.com/", project: "default" },
  });
});
