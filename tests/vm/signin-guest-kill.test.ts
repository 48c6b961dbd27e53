import { afterAll, beforeAll, expect, test } from "vitest";
import { PERSON } from "../../packages/controller/src/testing/login-pages.ts";
import { Certificate } from "../harness/certificate.ts";
import { NOTHING } from "../harness/host-under-test.ts";
import { OutsideProgram } from "../harness/outside-program.ts";
import { ProviderOutside } from "../harness/signin/provider-outside.ts";
import { CI_GUEST_ROUNDS, GUEST_ROUNDS } from "../kill/guest-points.ts";
import { groupOf } from "../kill/guest-processes.ts";
import { GuestSignin, type GuestStage } from "../kill/guest-signin.ts";
import { filesWith } from "../kill/kill-remains.ts";
import { INTERNET } from "../soak/internet.ts";
import { Machine } from "../soak/machine.ts";

/** docs/sign-ins.md: with it, every point. */
const rounds = process.env.SIGNIN_KILL === undefined ? CI_GUEST_ROUNDS : GUEST_ROUNDS;
const LISTEN = "127.0.0.1:4019";
const SITE = new URL("../harness/signin/site-process.ts", import.meta.url).pathname;

let stage: GuestStage;
const rest = new AsyncDisposableStack();
beforeAll(async () => {
  const certificate = rest.use(new Certificate(INTERNET));
  const machine = rest.use(
    await Machine.start(() => {}, {
      BROWSERVM_VMM__DRIVER: "container",
      BROWSERVM_LISTEN: LISTEN,
      NODE_EXTRA_CA_CERTS: certificate.cert,
    }),
  );
  const provider = rest.use(await ProviderOutside.start(certificate));
  const site = rest.use(await OutsideProgram.start(SITE, INTERNET));
  stage = { machine, listen: LISTEN, provider, site: (site.about as { origin: string }).origin };
});
afterAll(() => rest.disposeAsync());

async function throughIt(signin: GuestSignin) {
  await signin.reach();
  const vmId = await signin.vmId();
  if (!vmId) throw new Error(`${signin.name} has no VM`);
  expect(groupOf(vmId), signin.name).toBeDefined();
  await signin.kill();
  const killed = performance.now();
  const last = await signin.goOn();
  const end = last.reason?.code ?? last.state;
  process.stderr.write(
    `${signin.name}: ${end} after ${((performance.now() - killed) / 1000).toFixed(1)} s\n`,
  );
  return { signin, last, end, vmId };
}

test.each(rounds.map((points, at) => [at + 1, points] as const))(
  "round %i: whatever dies inside its guest, a sign-in ends by a name, and nothing is left",
  async (_, points) => {
    const { controller, host } = stage.machine;
    const outcomes = await Promise.all(points.map((point) => throughIt(new GuestSignin(stage, point))));
    const secrets: string[] = [PERSON.password, stage.provider.client.clientSecret];
    for (const { signin, last, end, vmId } of outcomes) {
      expect(signin.point.ends, `${signin.name}: ${JSON.stringify(last.reason)}`).toContain(end);
      const { data } = await controller.client.connections.list({ provider: signin.name });
      expect(
        data.map(({ id }) => id),
        signin.name,
      ).toEqual(end === "completed" ? [last.connectionId] : []);
      expect(last.canRetry, signin.name).toBe(end !== "completed");
      expect(groupOf(vmId), signin.name).toBeUndefined();
      if (end !== "completed" || signin.point.recipe !== "oauth") continue;
      const { accessToken } = await controller.client.connections.token(last.connectionId ?? "");
      secrets.push(accessToken);
    }
    expect(await host.remains()).toEqual(NOTHING);
    const { data: sessions } = await controller.client.sessions.list();
    expect(sessions.filter(({ status }) => status !== "ended" && status !== "failed")).toEqual([]);
    expect(filesWith(host.dir, secrets)).toEqual([]);
    for (const log of [host.log, controller.log])
      for (const secret of secrets) expect(log).not.toContain(secret);
  },
);
