import { Config } from "@browservm/contract";
import { expect, test } from "vitest";
import { PROFILE_CALL_MS, Profiles } from "./profiles.ts";
import { Sessions } from "./sessions.ts";
import type { RouteClient } from "./transport/route-client.ts";

const most = (seconds: number) => Config.safeParse({ profiles: { seconds } }).success;

test("who saves a profile, or ends a session that does, waits for as long as the settings let that take", async () => {
  const patience: unknown[] = [];
  const call = async (_route: unknown, _input: unknown, { timeoutMs }: { timeoutMs?: number }) =>
    void patience.push(timeoutMs);
  const client = { call } as unknown as RouteClient;
  await new Profiles(client).save("ses_x");
  await new Sessions(client).end("ses_x");
  expect(patience).toEqual([PROFILE_CALL_MS, PROFILE_CALL_MS]);
  expect([most(3600), most(3601)]).toEqual([true, false]);
  // A paused VM goes on first, which has the same time.
  expect(PROFILE_CALL_MS).toBeGreaterThan(2 * 3_600_000);
});
