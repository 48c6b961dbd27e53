import { setTimeout as sleep } from "node:timers/promises";
import { paths, type Signin } from "@browservm/contract";
import { KillDatabase } from "./kill-database.ts";
import { SERVICES, type ServiceName } from "./kill-machine.ts";
import type { KillPoint, KillStep } from "./kill-points.ts";
import { KilledSignin, type KillStage } from "./killed-signin.ts";

const LOOK_MS = 10;
const SOON_MS = 30_000;
/** Whoever waits there does not wait for long: these begin when the others are settled. */
const BRIEF: ReadonlySet<KillStep> = new Set(["session", "discover", "listen", "open"]);

/** How a sign-in ended after something was killed. */
export interface KillOutcome {
  readonly signin: KilledSignin;
  readonly last: Signin;
  /** `completed`, or the code of its failure. */
  readonly end: string;
}

/** Brings these sign-ins to their points, kills what each point says at one moment, and goes on with all to their ends. */
export async function runRound(stage: KillStage, points: readonly KillPoint[]): Promise<KillOutcome[]> {
  const signins = points.map((point) => new KilledSignin(stage, point));
  using database = new KillDatabase(paths(stage.machine.config).controllerDatabase);
  await reachAll(signins, database);
  await killAll(stage, signins, () => {
    database.untrap();
    for (const signin of signins) signin.letGo();
  });
  return Promise.all(signins.map(toItsEnd));
}

export async function toItsEnd(signin: KilledSignin): Promise<KillOutcome> {
  const last = await signin.goOn();
  return { signin, last, end: last.reason?.code ?? last.state };
}

async function reachAll(signins: readonly KilledSignin[], database: KillDatabase): Promise<void> {
  const at = (step: KillStep) => signins.filter(({ point }) => point.step === step);
  for (const isBrief of [false, true])
    await Promise.all(
      signins.filter(({ point }) => BRIEF.has(point.step) === isBrief).map((signin) => signin.settle()),
    );
  await Promise.all(signins.map((signin) => signin.hurry()));
  for (const signin of at("ending")) await signin.stopEnding();
  for (const signin of at("storing")) {
    database.trap(signin.name);
    signin.store();
    await until(() => database.isTrapped && database.lastStep(signin.id) === "store");
  }
}

async function killAll(
  { machine }: KillStage,
  signins: readonly KilledSignin[],
  meanwhile: () => void,
): Promise<void> {
  const victims = new Set(signins.map(({ point }) => point.victim));
  const services: ServiceName[] = SERVICES.filter((name) => victims.has(name) || victims.has("services"));
  if (victims.has("web")) services.push("web");
  const vmms = await Promise.all(
    signins
      .filter(({ point }) => point.victim === "vmm")
      .map(async ({ vmId }) => (await machine.host.getVm(vmId)).pid ?? 0),
  );
  if (vmms.includes(0)) throw new Error("a VMM is not there to be killed");
  for (const pid of vmms) process.kill(pid, "SIGKILL");
  await machine.kill(services, async () => {
    meanwhile();
    if (!services.includes("hostd")) await machine.signal("hostd", "SIGCONT");
  });
}

async function until(isThere: () => boolean): Promise<void> {
  const deadline = Date.now() + SOON_MS;
  while (!isThere()) {
    if (Date.now() > deadline) throw new Error("it never got there");
    await sleep(LOOK_MS);
  }
}
