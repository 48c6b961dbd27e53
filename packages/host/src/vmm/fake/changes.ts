import { readFileSync } from "node:fs";
import { GUEST_CALLS } from "@browservm/contract";
import { z } from "zod";
import { FreezeWord, IdentityPart, IdentityWord, TapWayWord } from "./plan.ts";
import { FakeSignin } from "./signin-calls.ts";

/** What a test changes of a fake VM while it lives, in a file of its run directory; an absent file changes nothing. */
export const FakeChanges = z.strictObject({
  /** The VMM closes its TAP and opens it again in this way. */
  tap: TapWayWord.optional(),
  /** `dead`: the VMM takes frames, but no guest sees them or sends any, as after a panic. */
  guest: z.enum(["alive", "dead"]).optional(),
  /** Longer frames are lost on their way to the guest and from it, in bytes with their Ethernet header. */
  largestFrameBytes: z.int().positive().optional(),
  /** `silent`: calls on the control channel are never answered. */
  agent: z.enum(["honest", "silent"]).optional(),
  /** What answers `GET /nonce`: `lie` another VM, `mute` a server that never answers, `none` nobody (refused). */
  nonce: z.enum(["true", "lie", "mute", "none"]).optional(),
  /** `none`: port 22 is refused. */
  ssh: z.enum(["banner", "none"]).optional(),
  /** As the plan's words of these names. */
  freeze: FreezeWord.optional(),
  identity: IdentityWord.optional(),
  forget: IdentityPart.optional(),
  /** The VMM's own word for its state. */
  status: z.string().optional(),
  /** Laid over the answers of these calls. */
  network: GUEST_CALLS["network.get"].result.partial().optional(),
  health: GUEST_CALLS["health.get"].result.partial().optional(),
  services: GUEST_CALLS["services.status"].result.partial().optional(),
  browser: GUEST_CALLS["browser.status"].result.partial().optional(),
  /** What somebody who signs in does there. */
  signin: FakeSignin.optional(),
});
export type FakeChanges = z.infer<typeof FakeChanges>;

/** What is changed now. A file that no FakeChanges fit is a bug of the test, and said. */
export function readChanges(path: string): FakeChanges {
  try {
    return FakeChanges.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
