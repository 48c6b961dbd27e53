import { afterAll, beforeAll, expect, test } from "vitest";
import { CI_ROUNDS, nameOf, ROUNDS } from "../kill/kill-points.ts";
import { filesWith, remainsOf } from "../kill/kill-remains.ts";
import { type KillOutcome, runRound, toItsEnd } from "../kill/kill-round.ts";
import { auditOf, type OpenStage, openStage } from "../kill/kill-stage.ts";

/** docs/sign-ins.md: `whole` is every point, `alone` each of them on a machine of its own. */
const { SIGNIN_KILL } = process.env;
const isAlone = SIGNIN_KILL === "alone";
const WHOLE = isAlone ? ROUNDS.flat().map((point) => [point]) : ROUNDS;
const rounds = SIGNIN_KILL === undefined ? CI_ROUNDS : WHOLE;

let opened: OpenStage | undefined;
const open = async (): Promise<OpenStage> => {
  // In CI the page may not be built here.
  opened ??= await openStage({ hasPage: rounds !== CI_ROUNDS });
  return opened;
};
const close = async (): Promise<void> => {
  const last = opened;
  opened = undefined;
  await last?.[Symbol.asyncDispose]();
};
if (!isAlone) beforeAll(async () => void (await open()));
afterAll(close);

async function expectWell(stage: OpenStage, { signin, last, end }: KillOutcome): Promise<void> {
  const { client } = stage.machine;
  const { name, point } = signin;
  expect(point.ends, `${name}: ${JSON.stringify(last.reason)}`).toContain(end);
  const connections = (await client.connections.list({ provider: name })).data;
  const isDone = end === "completed";
  expect(
    connections.map(({ id }) => id),
    name,
  ).toEqual(isDone ? [last.connectionId] : []);
  expect(last.canRetry, name).toBe(!isDone);
  const told = isDone ? "signin.completed" : `signin.${last.state} ${end}`;
  expect(await auditOf(stage, last), name).toEqual(["signin.started", told]);
  if (!isDone || point.recipe !== "oauth") return;
  const { accessToken } = await client.connections.token(last.connectionId ?? "");
  const isIssued = [stage.provider, stage.silent].some(({ issued }) => issued.has(accessToken));
  expect(isIssued, name).toBe(true);
}

async function expectNothingLeft(stage: OpenStage, outcomes: readonly KillOutcome[]): Promise<void> {
  const left = () => remainsOf(stage.machine);
  const nothing = Object.fromEntries(Object.keys(await left()).map((name) => [name, []]));
  await expect.poll(left, { timeout: 20_000, interval: 250 }).toEqual(nothing);
  expect(await stage.machine.client.audit.verify()).toMatchObject({ ok: true });
  const secrets = stage.secretsOf(outcomes.map(({ signin }) => signin));
  expect(filesWith(stage.machine.directory, secrets)).toEqual([]);
}

/** What failed can be begun anew. */
async function expectRetried(stage: OpenStage, outcomes: readonly KillOutcome[]): Promise<void> {
  const [failed] = outcomes.filter(({ end }) => end !== "completed");
  if (!failed) return;
  await failed.signin.retry();
  expect(await toItsEnd(failed.signin)).toMatchObject({ end: "completed", last: { attempt: 2 } });
  await expectNothingLeft(stage, outcomes);
}

test("there are thirty points and more, and each is another one", () => {
  const names = ROUNDS.flat().map(nameOf);
  expect(CI_ROUNDS.flat().length).toBeGreaterThanOrEqual(30);
  expect(new Set(names).size).toBe(names.length);
});

test("a planted secret would be found", () => {
  expect(filesWith(import.meta.dirname, ["a planted secret would be found"])).toEqual([
    "signin-kill.test.ts",
  ]);
});

test.each(rounds.map((points, at) => [at + 1, points] as const))(
  "round %i: whatever is killed, each sign-in ends by a name, and nothing is left",
  async (_, points) => {
    const stage = await open();
    let isWell = false;
    try {
      const outcomes = await runRound(stage, points);
      process.stderr.write(`${outcomes.map(({ signin, end }) => `${signin.name}: ${end}`).join("\n")}\n`);
      for (const outcome of outcomes) await expectWell(stage, outcome);
      await expectNothingLeft(stage, outcomes);
      await expectRetried(stage, outcomes);
      isWell = true;
    } finally {
      // What a round that failed has left is nothing for the next one, which may be its second try.
      if (isAlone || !isWell) await close();
    }
  },
);
