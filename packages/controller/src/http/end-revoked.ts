import type { Parts } from "./parts.ts";

/** After something was revoked: ends the open connections, and the places among viewers, that it let in. */
export async function endRevoked({ authenticator, viewers }: Parts): Promise<void> {
  const ended = await authenticator.live.recheck();
  if (ended.size > 0) viewers.removeByScopes(ended);
}
