import { ProfileId, type SessionProfile } from "@browservm/contract";
import { expect, test } from "vitest";
import { profileHint, sessionProfileWords } from "./profile-view.ts";

const PROFILE: SessionProfile = {
  id: ProfileId.parse(`prf_${"a".repeat(20)}`),
  name: "work",
  mode: "write",
  state: "loaded",
  version: 3,
  reason: null,
};

test.each<[string, Partial<SessionProfile>, string]>([
  ["on its way", { state: "waiting" }, "work is being loaded."],
  ["held", {}, "work (version 3) is saved when the session ends"],
  ["held for the first time", { version: 0 }, "work (never saved yet) is saved when the session ends"],
  ["only read", { mode: "read" }, "nothing is saved when the session ends"],
  ["given back", { state: "released" }, "work was saved as version 3."],
  ["lost", { state: "failed" }, "work could not be saved: no reason was given"],
])("a profile that is %s is told as such", (_, over, words) => {
  expect(sessionProfileWords({ ...PROFILE, ...over })).toContain(words);
});

test("a name that nobody has makes a profile only when the session shall save it", () => {
  const typed = { name: "work", canWrite: true, isNew: true };
  expect(profileHint({ ...typed, mode: "write" })).toContain("A new profile");
  expect(profileHint({ ...typed, mode: "read" })).toContain("no profile of this name");
  expect(profileHint({ ...typed, mode: "read", isNew: false })).toContain("what it remembers");
  expect(profileHint({ ...typed, mode: "read", canWrite: false, name: " " })).not.toContain("new profile");
});
