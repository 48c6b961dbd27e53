import { BrowserVmError, EgressPolicy, VmId } from "@browservm/contract";
import { afterEach, expect, test } from "vitest";
import type { ProxiedGuest } from "./forwarder.ts";
import { ProxyStates } from "./proxy-states.ts";
import { ProxyWatch, type ProxyWatchOptions } from "./proxy-watch.ts";

const guest = (letter: string, url: string): ProxiedGuest => {
  const policy = EgressPolicy.parse({ proxy: { url } });
  return { vmId: VmId.parse(`vm_${letter.repeat(20)}`), policy: policy as ProxiedGuest["policy"] };
};

let watch: ProxyWatch | undefined;
afterEach(() => watch?.[Symbol.asyncDispose]());

function start({ guests, look }: Pick<ProxyWatchOptions, "guests" | "look">) {
  const states = new ProxyStates();
  const told: string[] = [];
  watch = new ProxyWatch({
    everyMs: 60_000,
    guests,
    look,
    stateOf: ({ vmId, policy }) => states.of(vmId, policy.proxy),
    tell: ({ vmId, policy: { proxy } }, state) => {
      states.set(vmId, proxy, state);
      told.push(`${proxy.url} ${state.status}`);
    },
    tidy: () => {},
  });
  watch.start();
  return { watch, told };
}

const WELL = { exit: null, evidence: [] };

test("a look of one proxy is told all that have it, and is short when it was well", async () => {
  const guests = [guest("a", "http://one.example"), guest("b", "http://one.example")];
  const looks: boolean[] = [];
  const { watch, told } = start({
    guests: () => guests,
    look: async (_, isThorough) => {
      looks.push(isThorough);
      if (looks.length > 2) throw new BrowserVmError("PROXY_UNREACHABLE", "gone");
      return WELL;
    },
  });
  for (let round = 0; round < 3; round += 1) await watch.nextRound();
  expect(looks).toEqual([true, false, false]);
  expect(told).toEqual(["up", "up", "up", "up", "down", "down"].map((how) => `http://one.example ${how}`));
});

test("what was learned of a proxy that a guest has no more is not told of it", async () => {
  const [before, after] = [guest("a", "http://one.example"), guest("a", "http://two.example")];
  let now = [before, guest("b", "http://one.example")];
  const { watch, told } = start({
    guests: () => now,
    look: async () => {
      now = [after];
      throw new BrowserVmError("PROXY_EXIT_IS_HOST", "it hides nothing");
    },
  });
  await watch.nextRound();
  expect(told).toEqual([]);
  await watch.nextRound();
  expect(told).toEqual(["http://two.example down"]);
});

test("an end of the watch is no round that somebody waits for", async () => {
  const { watch } = start({ guests: () => [], look: async () => WELL });
  await watch.nextRound();
  const waiting = watch.nextRound();
  await watch[Symbol.asyncDispose]();
  await waiting;
});
