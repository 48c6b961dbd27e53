import { BrowserVmError, EgressPolicy, VmId } from "@browservm/contract";
import { expect, test } from "vitest";
import type { ProxiedGuest } from "./forwarder.ts";
import { asDown, asUp, type ProxyState, ProxyStates } from "./proxy-states.ts";
import { untilTrusted } from "./until-trusted.ts";

const policy = EgressPolicy.parse({ proxy: { url: "http://203.0.113.9:3128" } }) as ProxiedGuest["policy"];
const guest: ProxiedGuest = { vmId: VmId.parse(`vm_${"a".repeat(20)}`), policy };
const up = asUp({ exit: "203.0.113.9", evidence: [] }, 1);
const down = (code: ConstructorParameters<typeof BrowserVmError>[0]) =>
  asDown(new BrowserVmError(code, "so"), 1);

/** What becomes of a connection after these were seen, when looks find these, one after the other. */
async function ask(before: readonly ProxyState[], looks: ReadonlyArray<ProxyState | undefined> = []) {
  const states = new ProxyStates();
  const see = (state: ProxyState) => states.set(guest.vmId, policy.proxy, state);
  for (const state of before) see(state);
  let looked = 0;
  const nextLook = async () => {
    const found = looks[looked];
    looked += 1;
    if (found) see(found);
  };
  const { signal } = new AbortController();
  const told = await untilTrusted(guest, { states, watch: { nextLook }, signal }).then(
    () => "through",
    (error: BrowserVmError) => error.code,
  );
  return [told, looked];
}

test("before the first look a connection waits for it, and goes by what it finds", async () => {
  expect(await ask([], [up])).toEqual(["through", 1]);
  expect(await ask([], [undefined, up])).toEqual(["through", 2]);
  for (const code of ["PROXY_EXIT_IS_HOST", "PROXY_EXIT_UNEXPECTED"] as const)
    expect(await ask([], [down(code)])).toEqual([code, 1]);
  expect(await ask([down("PROXY_CREDENTIALS_UNKNOWN")], [up])).toEqual(["through", 1]);
});

test("a first look that failed has seen nothing: nothing goes through until one finds it right", async () => {
  for (const code of ["PROXY_UNREACHABLE", "PROXY_EXIT_UNKNOWN", "INTERNAL"] as const) {
    expect(await ask([], [down(code)])).toEqual([code, 1]);
    expect(await ask([down(code)])).toEqual([code, 0]);
    expect(await ask([down(code), up])).toEqual(["through", 0]);
  }
});

test("one that was right goes on while it fails, and not when it comes out elsewhere", async () => {
  expect(await ask([up, down("PROXY_EXIT_UNKNOWN")])).toEqual(["through", 0]);
  const elsewhere = down("PROXY_EXIT_UNEXPECTED");
  for (const after of [[], [down("PROXY_UNREACHABLE")]])
    expect(await ask([up, elsewhere, ...after])).toEqual(["PROXY_EXIT_UNEXPECTED", 0]);
  expect(await ask([up, elsewhere, up])).toEqual(["through", 0]);
});

test("without a look in time it is refused, and whoever has left is not looked for", async () => {
  expect(await ask([])).toEqual(["PROXY_UNREACHABLE", 3]);
  const states = new ProxyStates();
  const nextLook = () => Promise.reject(new Error("somebody looked"));
  const left = untilTrusted(guest, { states, watch: { nextLook }, signal: AbortSignal.abort() });
  await expect(left).rejects.toMatchObject({ code: "PROXY_UNREACHABLE" });
});

test("what was seen of another proxy says nothing", async () => {
  const states = new ProxyStates();
  states.set(guest.vmId, { url: "http://203.0.113.8:3128" }, up);
  expect(states.isTrusted(guest.vmId, policy.proxy)).toBe(false);
});
