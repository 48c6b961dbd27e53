import { BrowserVmError, type Profile, ProfileId } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";
import { allPages } from "../all-pages.ts";

/** The profile of that id or name. PROFILE_NOT_FOUND; BAD_REQUEST when several projects have one of that name. */
export async function findProfile(
  { profiles }: Pick<BrowserVM, "profiles">,
  words: string,
): Promise<Profile> {
  if (ProfileId.safeParse(words).success) return profiles.get(words);
  const all = await allPages((from) => profiles.list({ limit: 200, ...from }));
  const found = all.filter(({ name }) => name === words);
  const [first, ...more] = found;
  if (!first) throw new BrowserVmError("PROFILE_NOT_FOUND", `there is no profile ${words}`);
  if (more.length === 0) return first;
  const projects = found.map(({ id, project }) => `${id} of ${project}`).join(", ");
  throw new BrowserVmError(
    "BAD_REQUEST",
    `several projects have a profile ${words}: name its id (${projects})`,
  );
}
