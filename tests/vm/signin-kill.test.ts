import { afterAll, beforeAll, expect, test } from "vitest";
import { nameOf, ROUNDS } from "../kill/kill-points.ts";
import { filesWith, remainsOf } from "../kill/kill-remains.ts";
import { type KillOutcome, runRound, toItsEnd } from "../kill/kill-round.ts";
import { auditOf, type OpenStage, openStage } from "../kill/kill-stage.ts";

let stage: OpenStage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.[Symbol.asyncDispose]());

async function expectWell({ signin, last, end }: KillOutcome): Promise<void> {
  const { client } = stage.machine;
  expect(signin.point.ends, `${signin.name}: ${JSON.stringify(last.reason)}`).toContain(end);
  const connections = (await client.connections.list({ provider: signin.name })).data;
  const isDone = end === "completed";
  expect(
    connections.map(({ id }) => id),
    signin.name,
  ).toEqual(isDone ? [last.connectionId] : []);
  expect(last.canRetry, signin.name).toBe(!isDone);
  const told = isDone ? "signin.completed" : `signin.${last.state} ${end}`;
  expect(await auditOf(stage, last), signin.name).toEqual(["signin.started", told]);
  if (!isDone || signin.point.recipe !== "oauth") return;
  const { accessToken } = await client.connections.token(last.connectionId ?? "");
  expect(stage.provider.issued.has(accessToken) || stage.silent.issued.has(accessToken), signin.name).toBe(
    true,
  );
}

async function expectNothingLeft(outcomes: readonly KillOutcome[]): Promise<void> {
  const left = () => remainsOf(stage.machine);
  const nothing = Object.fromEntries(Object.keys(await left()).map((name) => [name, []]));
  await expect.poll(left, { timeout: 20_000, interval: 250 }).toEqual(nothing);
  expect(await stage.machine.client.audit.verify()).toMatchObject({ ok: true });
  const secrets = stage.secretsOf(outcomes.map(({ signin }) => signin));
  expect(secrets.length).toBeGreaterThan(outcomes.length);
  expect(filesWith(stage.machine.directory, secrets)).toEqual([]);
}

test("there are thirty points and more, and each is another one", () => {
  const names = ROUNDS.flat().map(nameOf);
  expect(names.length).toBeGreaterThanOrEqual(30);
  expect(new Set(names).size).toBe(names.length);
});

test.each(ROUNDS.map((points, at) => [at + 1, points] as const))(
  "round %i: whatever is killed, each sign-in ends by a name, and nothing is left",
  async (_, points) => {
    const outcomes = await runRound(stage, points);
    process.stderr.write(`${outcomes.map(({ signin, end }) => `${signin.name}: ${end}`).join("\n")}\n`);
    for (const outcome of outcomes) await expectWell(outcome);
    await expectNothingLeft(outcomes);
    const [failed] = outcomes.filter(({ end }) => end !== "completed");
    if (!failed) return;
    await failed.signin.retry();
    expect(await toItsEnd(failed.signin)).toMatchObject({ end: "completed", last: { attempt: 2 } });
    await expectNothingLeft(outcomes);
  },
);
