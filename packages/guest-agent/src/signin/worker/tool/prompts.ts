import type { SigninFrame, ToolJob } from "@browservm/contract/guest/signin";
import { SigninError } from "../../orders.ts";

const MOST_MATCHES = 100;

interface Prompt {
  readonly id: string;
  readonly pattern: RegExp;
  readonly answer: string | undefined;
  readonly times: number;
  /** How often it stood on the screen at the last look, and how often it was dealt with. */
  shown: number;
  handled: number;
}

/** The questions of a tool, each answered when it appears, as often as it may be. SIGNIN_JOB_BROKEN.. */
export class Prompts {
  readonly #prompts: readonly Prompt[];

  constructor(prompts: ToolJob["prompts"]) {
    this.#prompts = prompts.map(({ id, pattern, answer, times }) => ({
      id,
      pattern: compile(pattern, "gim"),
      answer,
      times,
      shown: 0,
      handled: 0,
    }));
  }

  /** Looks at a screen, and says what is to be typed now and what is to be told. */
  look(text: string): ReadonlyArray<{ readonly typed?: string | undefined; readonly frame: SigninFrame }> {
    return this.#prompts.flatMap((prompt) => {
      const shown = count(text, prompt.pattern);
      const isNew = shown > prompt.shown;
      prompt.shown = shown;
      if (!isNew || prompt.handled >= prompt.times) return [];
      prompt.handled += 1;
      const { id, answer } = prompt;
      const type = answer === undefined ? "asking" : "answered";
      return [{ typed: answer, frame: { type, id } satisfies SigninFrame }];
    });
  }
}

function count(text: string, pattern: RegExp): number {
  let found = 0;
  for (const _match of text.matchAll(pattern)) if (++found >= MOST_MATCHES) break;
  return found;
}

/** SIGNIN_JOB_BROKEN: it is no pattern. */
export function compile(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    throw new SigninError("SIGNIN_JOB_BROKEN", "a pattern of the recipe is no regular expression");
  }
}
