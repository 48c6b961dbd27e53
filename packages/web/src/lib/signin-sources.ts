import type { Event, Signin, SigninId } from "@browservm/contract";
import { client } from "./client.ts";
import type { LiveSource } from "./live-query.ts";
import { isSigninOver } from "./signin-view.ts";

const IDLE_MS = 15_000;
const BUSY_MS = 3000;
const PAGE = 50;

export interface SigninsLook {
  readonly signins: readonly Signin[];
  readonly hasOlder: boolean;
}

/** Sign-ins, newest first: as many pages of them as were asked for. */
export class SigninListSource implements LiveSource<SigninsLook> {
  #pages = 1;

  showOlder(): void {
    this.#pages += 1;
  }

  async load(signal: AbortSignal): Promise<SigninsLook> {
    const signins: Signin[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < this.#pages; page += 1) {
      const found: Awaited<ReturnType<typeof client.signins.list>> = await client.signins.list(
        { limit: PAGE, ...(cursor === null ? {} : { cursor }) },
        { signal },
      );
      signins.push(...found.data);
      cursor = found.nextCursor;
      if (cursor === null) break;
    }
    return { signins, hasOlder: cursor !== null };
  }

  async *events(signal: AbortSignal): AsyncGenerator<Event> {
    for await (const event of client.events({ signal })) if (event.type === "signin.state") yield event;
  }

  pollMs(look: SigninsLook | null): number {
    return look?.signins.every(isSigninOver) ? IDLE_MS : BUSY_MS;
  }
}

/** One sign-in, kept fresh by its own events. */
export const signinSource = (id: SigninId): LiveSource<Signin> => ({
  load: (signal) => client.signins.get(id, { signal }),
  events: (signal) => client.signins.events(id, { signal }),
  pollMs: (signin) => (signin !== null && isSigninOver(signin) && signin.sessionOver ? IDLE_MS : BUSY_MS),
});
