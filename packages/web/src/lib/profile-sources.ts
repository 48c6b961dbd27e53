import type { Event, Profile } from "@browservm/contract";
import { client } from "./client.ts";
import type { LiveSource } from "./live-query.ts";

const IDLE_MS = 15_000;
const PAGE = 200;

/** All profiles, by name. */
export const profileListSource = (): LiveSource<readonly Profile[]> => ({
  load: allProfiles,
  events: aboutProfiles,
  pollMs: () => IDLE_MS,
});

async function allProfiles(signal: AbortSignal): Promise<readonly Profile[]> {
  const all: Profile[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.profiles.list({ limit: PAGE, ...(cursor ? { cursor } : {}) }, { signal });
    all.push(...page.data);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

async function* aboutProfiles(signal: AbortSignal): AsyncGenerator<Event> {
  for await (const event of client.events({ signal }))
    if (event.type === "session.profile" || event.type === "session.state") yield event;
}
