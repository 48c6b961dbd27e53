import type { Profile } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";
import { expect, test } from "vitest";
import { profileTable, profileWords } from "./describe-profile.ts";
import { findProfile } from "./find-profile.ts";

const profile = (name: string, n: number, project = "default") =>
  ({
    ...{ id: `prf_${"a".repeat(19)}${n}`, name, project, version: n, bytes: 1_048_576, storedBytes: 4096 },
    ...{ createdAt: "2026-01-01T00:00:00.000Z", savedAt: null, savedFrom: null, usedAt: null, writer: null },
    failure: null,
  }) as unknown as Profile;
const pages = [
  { data: [profile("a", 0), profile("twice", 1)], nextCursor: "x" },
  { data: [profile("twice", 2, "blue"), profile("z", 3)], nextCursor: null },
];
const client = {
  profiles: {
    list: async ({ cursor }: { cursor?: string }) => (cursor === undefined ? pages[0] : pages[1]),
    get: async (id: string) => profile("by its id", Number(id.at(-1))),
  },
} as unknown as BrowserVM;

test("a profile is found by its id, and by its name on whatever page", async () => {
  expect(await findProfile(client, `prf_${"a".repeat(19)}7`)).toMatchObject({
    name: "by its id",
    version: 7,
  });
  expect(await findProfile(client, "z")).toMatchObject({ version: 3 });
  await expect(findProfile(client, "none")).rejects.toMatchObject({ code: "PROFILE_NOT_FOUND" });
  await expect(findProfile(client, "twice")).rejects.toThrow(/several projects.*of default.*of blue/);
});

test("why it was not saved last is told with it", () => {
  const failure = {
    code: "DISK_FULL",
    message: "no space",
    fix: "",
    at: "2026-01-02T00:00:00.000Z",
    sessionId: null,
  };
  const one = { ...profile("z", 3), failure };
  expect(profileWords(one)).toContain("DISK_FULL: no space");
  expect(profileTable([one])).toMatch(/z .*1\.0 MiB.*never.*DISK_FULL/);
  expect(profileTable([])).toContain("--profile");
});
