import {
  BrowserVmError,
  GUEST_CALLS,
  type GuestCall,
  type GuestParams,
  type GuestResult,
} from "@browservm/contract";
import type { Guest } from "../guest/guest.ts";

type Answers = { [C in GuestCall]?: (params: GuestParams<C>) => unknown };

/** An agent in memory that answers what a test planned; results are checked against the contract. */
export class FakeGuest implements Guest {
  answers: Answers;
  isDisposed = false;

  constructor(answers: Answers = {}) {
    this.answers = answers;
  }

  async call<C extends GuestCall>(name: C, params: GuestParams<C>): Promise<GuestResult<C>> {
    const answer = this.answers[name] as ((params: GuestParams<C>) => unknown) | undefined;
    if (!answer) throw new BrowserVmError("AGENT_UNREACHABLE", `no answer to ${name}`);
    return GUEST_CALLS[name].result.parse(await answer(params)) as GuestResult<C>;
  }

  onNote(): () => void {
    return () => {};
  }

  async connected(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
  }
}
