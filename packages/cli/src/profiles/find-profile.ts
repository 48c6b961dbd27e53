import { BrowserVmError, type Profile, ProfileId } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";

/** The profile of that id or name. PROFILE_NOT_FOUND; BAD_REQUEST when several projects have one of that name. */
export async function findProfile(
  { profiles }: Pick<BrowserVM, "profiles">,
  words: string,
): Promise<Profile> {
  if (ProfileId.safeParse(words).success) return profiles.get(words);
  const found: Profile[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await profiles.list({ limit: 200, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.data.filter(({ name }) => name === words));
    cursor = page.nextCursor;
  }
  const [first, ...more] = found;
  if (!first) throw new BrowserVmError("PROFILE_NOT_FOUND", `there is no profile ${words}`);
  if (more.length === 0) return first;
  const projects = found.map(({ id, project }) => `${id} of ${project}`).join(", ");
  throw new BrowserVmError(
    "BAD_REQUEST",
    `several projects have a profile ${words}: name its id (${projects})`,
  );
}
