import { BrowserVmError, EgressPolicy, VmId } from "@browservm/contract";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import type { ProxiedGuest } from "./forwarder.ts";
import { ProxyStates } from "./proxy-states.ts";
import { ProxyWatch, type ProxyWatchOptions } from "./proxy-watch.ts";

const guest = (letter: string, url: string): ProxiedGuest => {
  const policy = EgressPolicy.parse({ proxy: { url } });
  return { vmId: VmId.parse(`vm_${letter.repeat(20)}`), policy: policy as ProxiedGuest["policy"] };
};

const proxyAt = (url: string) => guest("a", url).policy.proxy;

let watch: ProxyWatch | undefined;
afterEach(() => watch?.[Symbol.asyncDispose]());

function start(
  options: Pick<ProxyWatchOptions, "guests" | "look"> & Partial<Omit<ProxyWatchOptions, "stateOf">>,
) {
  const states = new ProxyStates();
  const told: string[] = [];
  watch = new ProxyWatch({
    everyMs: 60_000,
    lookMs: 5000,
    stateOf: ({ vmId, policy }) => states.of(vmId, policy.proxy),
    tell: ({ vmId, policy: { proxy } }, state) => {
      states.set(vmId, proxy, state);
      told.push(`${proxy.url} ${state.problem?.code ?? state.status}`);
    },
    tidy: () => {},
    log: pino({ level: "silent" }),
    ...options,
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
    look: async (_, { isThorough }) => {
      looks.push(isThorough);
      if (looks.length > 2) throw new BrowserVmError("PROXY_UNREACHABLE", "gone");
      return WELL;
    },
  });
  for (let round = 0; round < 3; round += 1) await watch.nextLook(proxyAt("http://one.example"));
  expect(looks).toEqual([true, false, false]);
  const [up, down] = ["http://one.example up", "http://one.example PROXY_UNREACHABLE"];
  expect(told).toEqual([up, up, down, down]);
});

test("a short look tells one that came meanwhile nothing; the next one is thorough", async () => {
  const guests = [guest("a", "http://one.example")];
  const looks: boolean[] = [];
  const { watch, told } = start({
    guests: () => guests,
    look: async (_, { isThorough }) => {
      looks.push(isThorough);
      if (looks.length === 2) guests.push(guest("b", "http://one.example"));
      return WELL;
    },
  });
  for (let round = 0; round < 3; round += 1) await watch.nextLook(proxyAt("http://one.example"));
  expect(looks).toEqual([true, false, true]);
  expect(told).toHaveLength(3);
});

test("who rings has its own proxy looked at, and nobody else's; in time all are", async () => {
  const [one, two] = [guest("a", "http://one.example"), guest("b", "http://two.example")];
  const looks: string[] = [];
  const look = async ({ url }: { url: string }) => {
    looks.push(url);
    return WELL;
  };
  const first = start({ guests: () => [one, two], look });
  await first.watch.nextLook(two.policy.proxy);
  await first.watch.nextLook(two.policy.proxy);
  expect(looks).toEqual(["http://two.example", "http://two.example"]);
  await first.watch[Symbol.asyncDispose]();
  looks.length = 0;
  // Rings do not put off the look at all.
  const second = start({ guests: () => [one, two], look, everyMs: 1500 });
  for (let round = 0; round < 3; round += 1) await second.watch.nextLook(two.policy.proxy);
  expect(looks).toContain("http://one.example");
});

test("one that says nothing keeps nobody else waiting, and is given up in time", async () => {
  const [silent, well] = [guest("a", "http://silent.example"), guest("b", "http://well.example")];
  const signals: AbortSignal[] = [];
  const { watch, told } = start({
    guests: () => [silent, well],
    look: async ({ url }, { signal }) => {
      if (url === "http://well.example") return WELL;
      signals.push(signal);
      return new Promise(() => {}); // whatever it is told
    },
    lookMs: 1000,
  });
  const given = watch.nextLook(silent.policy.proxy);
  await watch.nextLook(well.policy.proxy);
  expect(told).toEqual(["http://well.example up"]);
  await given;
  expect(told).toEqual(["http://well.example up", "http://silent.example PROXY_UNREACHABLE"]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
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
  await watch.nextLook(proxyAt("http://one.example"));
  expect(told).toEqual([]);
  await watch.nextLook(proxyAt("http://two.example"));
  expect(told).toEqual(["http://two.example PROXY_EXIT_IS_HOST"]);
});

test("what fails in a look ends neither the wait for it nor the watch", async () => {
  const one = guest("a", "http://one.example");
  let failing = true;
  const fail = (why: string) => {
    if (failing) throw new Error(why);
  };
  const told: string[] = [];
  const { watch } = start({
    everyMs: 200,
    guests: () => {
      fail("the slots cannot be read");
      return [one, guest("b", "http://one.example")];
    },
    look: async () => WELL,
    tell: ({ vmId }) => {
      told.push(vmId);
      if (vmId === one.vmId) throw new Error("the event cannot be written");
    },
  });
  await watch.nextLook(one.policy.proxy);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(told).toEqual([]);
  failing = false;
  await expect.poll(() => told.length, { timeout: 3000 }).toBeGreaterThanOrEqual(4);
  expect(told.slice(0, 2)).toEqual([one.vmId, VmId.parse(`vm_${"b".repeat(20)}`)]);
});

test("an end of the watch ends a look, is no failure of it, and is waited for by nobody", async () => {
  const one = guest("a", "http://one.example");
  const { watch, told } = start({
    guests: () => [one],
    look: (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("ended")))),
  });
  const waiting = watch.nextLook(one.policy.proxy);
  await watch[Symbol.asyncDispose]();
  await waiting;
  await watch.nextLook(one.policy.proxy);
  expect(told).toEqual([]);
});
