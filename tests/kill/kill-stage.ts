import type { AuditEntry, Signin } from "@browservm/contract";
import { PERSON } from "../../packages/controller/src/testing/login-pages.ts";
import { writeFakeImages } from "../harness/fake-images.ts";
import { HeldProvider } from "./held-provider.ts";
import { KillMachine } from "./kill-machine.ts";
import { GUEST_IMAGE, type KilledSignin, type KillStage } from "./killed-signin.ts";

/** Slow enough that a test can say what is different before its agent is asked. */
const PLAN = "fake.net=stack fake.browser=painted fake.bootMs=150";

export interface OpenStage extends KillStage, AsyncDisposable {
  /** All that would be a secret in the wrong place. */
  secretsOf(signins: readonly KilledSignin[]): string[];
}

/** A machine to be killed on, its providers, and images whose guests are played; with `hasPage` the page's server, too. */
export async function openStage({ hasPage }: { readonly hasPage: boolean }): Promise<OpenStage> {
  await using undo = new AsyncDisposableStack();
  const [provider, silent] = [undo.use(await HeldProvider.start()), undo.use(await HeldProvider.start())];
  const machine = undo.use(
    await KillMachine.start(
      {
        vmm: { driver: "fake", accelerator: "tcg" },
        network: { uplink: "none", namespaceName: `bvk-${process.pid}`, restSeconds: 0 },
        snapshots: { use: "never" },
        limits: { timeoutScale: 0.2, stabilitySeconds: 1 },
      },
      {
        lay: (images) => writeFakeImages(images, { [GUEST_IMAGE]: PLAN }, { hasBrowser: true }),
        hasPage,
      },
    ),
  );
  const running = undo.move();
  return {
    ...{ machine, provider, silent },
    secretsOf: (signins) => [
      ...provider.issued,
      ...silent.issued,
      ...[provider.login.client.clientSecret, PERSON.password],
      ...signins.map(({ secret }) => secret),
    ],
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** What the audit log says of a sign-in, the oldest first. */
export async function auditOf({ machine }: KillStage, { id }: Pick<Signin, "id">): Promise<string[]> {
  const entries: AuditEntry[] = [];
  for (let cursor: number | undefined; ; ) {
    const page = await machine.client.audit.list({ limit: 200, ...(cursor === undefined ? {} : { cursor }) });
    entries.push(...page.data);
    cursor = page.nextCursor ?? undefined;
    if (cursor === undefined) break;
  }
  return entries
    .filter(({ details }) => details.signinId === id)
    .map(({ action, details }) => [action, details.reason].filter(Boolean).join(" "))
    .reverse();
}
