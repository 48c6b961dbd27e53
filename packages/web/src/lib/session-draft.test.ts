import { expect, test } from "vitest";
import { EMPTY_DRAFT, profileModeOf, readDraft, type SessionDraft } from "./session-draft.ts";

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
