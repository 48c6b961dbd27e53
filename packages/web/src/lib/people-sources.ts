import type { ApiKey, Invitation, Me, Person } from "@browservm/contract";
import { client } from "./client.ts";
import type { LiveSource } from "./live-query.ts";

const EVERY_MS = 15_000;

/** Who looks at this page. */
export const meSource = (): LiveSource<Me> => ({
  load: (signal) => client.me({ signal }),
  events: noEvents,
  pollMs: () => EVERY_MS,
});

/** People and who is invited. */
export interface MembersLook {
  readonly people: readonly Person[];
  readonly invitations: readonly Invitation[];
}

export const membersSource = (): LiveSource<MembersLook> => ({
  load: async (signal) => {
    const [people, invitations] = await Promise.all([
      client.people.list({ signal }),
      client.invitations.list({ signal }),
    ]);
    return { people, invitations };
  },
  events: noEvents,
  pollMs: () => EVERY_MS,
});

export const keysSource = (): LiveSource<readonly ApiKey[]> => ({
  load: (signal) => client.keys.list({ signal }),
  events: noEvents,
  pollMs: () => EVERY_MS,
});

/** Nothing is told of people and keys: the clock and one's own doing say when to look. */
async function* noEvents(signal: AbortSignal): AsyncGenerator<never> {
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
