import { join } from "node:path";
import { type Signin, VmId } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";
import { connectToSocket } from "@browservm/sdk/node";
import { HostClient } from "../../packages/controller/src/host/host-client.ts";
import { GROUND, PERSON } from "../../packages/controller/src/testing/login-pages.ts";
import { SigninStage } from "../harness/signin/signin-stage.ts";
import { PagePerson } from "../web/page-person.ts";
import { awaitTurn, passCertificate, startAtPage, typeName, WAITS } from "../web/sign-in-at-page.ts";
import { atMost, type BenchContext, type Benchmark, type Measured, type Row } from "./benchmark.ts";
import { restoreTimes } from "./our-restore.ts";
import { summarize } from "./statistics.ts";

const ROUNDS = 3;
const PATIENCE_MS = 300_000;
const GOAL_S = 30;
/** A quick typist; an emulated browser takes longer for a key than a program that types. */
const KEY_MS = 100;

/** The two ways in which a machine without KVM gives somebody a browser. */
const WAYS = [
  { way: "VM, restored", settings: {}, isRestored: true },
  { way: "container, booted", settings: { BROWSERVM_VMM__DRIVER: "container" }, isRestored: false },
] as const;
type Way = (typeof WAYS)[number];

export const signin: Benchmark = {
  name: "signin",
  title: "a person signs in by typing into the page's live view, from “Start” to the connection",
  run: measure,
};

/** One sign-in, in milliseconds. */
interface Sample {
  readonly way: Way["way"];
  readonly parts: ReadonlyMap<string, number>;
  /** Everything that was no typing, but until the browser has warned of the test's certificate. */
  readonly machineMs: number;
  /** Of that, until the login page is there, and from the last key on. */
  readonly endsMs: number;
  readonly typedMs: number;
}

async function measure({ note, rounds = ROUNDS }: BenchContext): Promise<Measured> {
  const samples: Sample[] = [];
  for (const way of WAYS) {
    note(`${way.way}: the product${way.isRestored ? ", and the golden snapshot" : ""}`);
    await using stage = await SigninStage.start(way.settings);
    if (way.isRestored) await stage.whole.cli("image", "snapshot", "browser");
    await using person = await PagePerson.arrive(stage.whole, KEY_MS);
    for (let round = 1; round <= rounds; round += 1) {
      samples.push(await signInOnce(stage, person, way));
      note(`${way.way}, ${round} of ${rounds}: ${inWords(samples.at(-1))}`);
    }
  }
  return report(samples, rounds);
}

async function signInOnce(stage: SigninStage, person: PagePerson, { way, isRestored }: Way): Promise<Sample> {
  await using client = connectToSocket(join(stage.whole.dir, "r/ctl/controller.sock"));
  const { page } = person;
  person.beginAnew();
  const askedAt = Date.now();
  await startAtPage(person, stage.provider);
  await awaitTurn(person, PATIENCE_MS);
  const id = page.url().split("/").at(-1) ?? "";
  const restore = isRestored ? await restoreOf(stage, client, { id, askedAt }) : new Map<string, number>();
  await passCertificate(person, PATIENCE_MS);
  await typeName(person);
  await person.sees(WAITS.second, GROUND.code, PATIENCE_MS);
  await person.type(PERSON.code, "Enter");
  await person.sees(WAITS.consent, GROUND.consent, PATIENCE_MS);
  await person.type("", "Enter");
  await person.waitFor(WAITS.last, () =>
    page.getByRole("heading", { name: /^Signed in at test as / }).waitFor({ timeout: PATIENCE_MS }),
  );
  const done = await untilGone(client, id);
  return { way, ...sumsOf(person), parts: new Map([...partsOf(person, done), ...restore]) };
}

function sumsOf({ waits, typedMs }: PagePerson) {
  const took = (...names: readonly string[]) =>
    waits.filter(({ what }) => names.includes(what)).reduce((sum, { ms }) => sum + ms, 0);
  const endsMs = took(WAITS.turn, WAITS.login, WAITS.last);
  return { machineMs: endsMs + took(WAITS.second, WAITS.consent), endsMs, typedMs };
}

function partsOf({ waits }: PagePerson, { steps, endedAt }: Signin): [string, number][] {
  const ends = [...steps.slice(1).map(({ at }) => at), endedAt ?? ""];
  const took = steps.map(({ step, at }, index): [string, number] => [
    `step ${step}`,
    Date.parse(ends[index] ?? "") - Date.parse(at),
  ]);
  // How long somebody took is nobody's time but theirs.
  return [...waits.map(({ what, ms }): [string, number] => [what, ms]), ...took].filter(
    ([what]) => what !== "step user",
  );
}

async function restoreOf(
  { whole }: SigninStage,
  client: BrowserVM,
  { id, askedAt }: { id: string; askedAt: number },
): Promise<Map<string, number>> {
  const { sessionId } = await client.signins.get(id);
  const { vm } = await client.sessions.get(sessionId ?? "");
  await using host = new HostClient({ socketPath: join(whole.dir, "r/hostd.sock"), timeoutScale: 3 });
  const { steps, identity } = restoreTimes(await host.getVm(VmId.parse(vm?.id)), askedAt);
  const named = (kind: string, times: ReadonlyMap<string, number>) =>
    [...times].map(([name, ms]): [string, number] => [`${kind} ${name}`, ms]);
  return new Map([...named("restore:", steps), ...named("identity, in the guest:", identity)]);
}

async function untilGone(client: BrowserVM, id: string): Promise<Signin> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; ) {
    const now = await client.signins.get(id);
    if (now.sessionOver) return now;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the session of ${id} never ended`);
}

const inSeconds = (ms: number) => (ms / 1000).toFixed(1);
const inWords = (sample: Sample | undefined) =>
  sample === undefined
    ? ""
    : `${inSeconds(sample.machineMs)} s beyond ${inSeconds(sample.typedMs)} s of typing, ` +
      [...sample.parts].map(([what, ms]) => `${what} ${Math.round(ms)}`).join(", ");

function report(samples: readonly Sample[], rounds: number): Measured {
  const of = (way: string) => samples.filter((one) => one.way === way);
  return {
    rows: WAYS.flatMap(({ way }) => rowsOf(way, of(way))),
    goals: WAYS.flatMap(({ way }) => [
      atMost(
        `${way}: until the login page is there, and from the last key, in s`,
        summarize(of(way).map(({ endsMs }) => endsMs / 1000)),
        GOAL_S,
      ),
      atMost(
        `${way}: all that was no typing, in s`,
        summarize(of(way).map(({ machineMs }) => machineMs / 1000)),
        GOAL_S,
      ),
    ]),
    notes: [
      `${rounds} sign-ins each, one after another, by the product's own page in a Chromium on this machine: its form, its guide, its live view. The person sees pixels only, and types a key each ${KEY_MS} ms.`,
      "The provider's certificate is one of a test, of which the browser in the VM warns, three seconds late. A real one's it knows: counted is from “Start” until somebody may sign in, then from the end of the warning until the login page is there, and what follows.",
      "The parts after “start →” all begin at that click; steps are as the sign-in tells them.",
    ],
  };
}

function rowsOf(way: string, samples: readonly Sample[]): Row[] {
  const row = (what: string, values: readonly number[]): Row => ({
    what: `${way}: ${what}`,
    unit: "ms",
    summary: summarize(values),
  });
  const names = [...new Set(samples.flatMap(({ parts }) => [...parts.keys()]))];
  return [
    ...names.map((name) =>
      row(
        name,
        samples.map(({ parts }) => parts.get(name)).filter((ms) => ms !== undefined),
      ),
    ),
    row(
      "typed and clicked",
      samples.map(({ typedMs }) => typedMs),
    ),
  ];
}
