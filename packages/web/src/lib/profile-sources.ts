import type { Event, Profile } from "@browservm/contract";
import { allPages } from "./all-pages.ts";
import { client } from "./client.ts";
import type { LiveSource } from "./live-query.ts";

const IDLE_MS = 15_000;
const PAGE = 200;

/** All profiles, by name. */
export const profileListSource = (): LiveSource<readonly Profile[]> => ({
  load: (signal) => allPages((from) => client.profiles.list({ limit: PAGE, ...from }, { signal })),
  events: aboutProfiles,
  pollMs: () => IDLE_MS,
});

async function* aboutProfiles(signal: AbortSignal): AsyncGenerator<Event> {
  for await (const event of client.events({ signal }))
    if (event.type === "session.profile" || event.type === "session.state") yield event;
}
