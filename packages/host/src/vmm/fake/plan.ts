import { BrowserVmError, VmAddress } from "@browservm/contract";
import { z } from "zod";
import { GuestMemory } from "./guest-memory.ts";
import { TAP_WAYS, type TapWay } from "./tap-ways.ts";

export const TapWayWord = z.enum(Object.keys(TAP_WAYS) as TapWay[]);

/** Parts of its identity that a restored guest can be planned to keep. */
export const IdentityPart = z.enum([
  "hostname",
  "machine-id",
  "host-key",
  "randomness",
  "mac",
  "address",
  "clock",
]);
export type IdentityPart = z.infer<typeof IdentityPart>;
/** `disk-full` finds no space, `hang` never ends. */
export const FreezeWord = z.enum(["ok", "disk-full", "hang"]);
/** `refuse`: `identity.take` fails; `mute`: no agent comes back after it. */
export const IdentityWord = z.enum(["ok", "refuse", "mute"]);

/**
 * What a fake VM does, told by words of its kernel command line: `fake.boot=panic fake.agent=silent …`.
 * Times in milliseconds after the start.
 */
export const FakePlan = z.strictObject({
  /** `exit`: the VMM ends at once; `never`: no agent and a silent console; the others speak on the console. */
  boot: z.enum(["ok", "exit", "never", "panic", "out-of-memory"]).default("ok"),
  bootMs: z.coerce.number().int().min(0).max(600_000).default(0),
  /** `silent` takes bytes and says nothing; `garbage`, `overlong` and `flood` break the protocol. */
  agent: z.enum(["honest", "silent", "garbage", "overlong", "flood"]).default("honest"),
  /** The VMM ends by itself after this time. */
  diesAfterMs: z.coerce.number().int().min(0).optional(),
  /** The guest powers off by itself after this time. */
  powerOffMs: z.coerce.number().int().min(0).optional(),
  /** `count`: the next number ten times a second. */
  console: z.enum(["quiet", "flood", "count"]).default("quiet"),
  /** `stack`: a real network stack behind the VM's TAP; `none`: nothing of the network is opened. */
  net: z.enum(["none", "stack"]).default("none"),
  /** With a stack: how the VMM opens its TAP. */
  tap: TapWayWord.default("firecracker"),
  /** Serves `GET /nonce` at this address:port; with a stack also without this word, at port 8080. */
  http: z
    .string()
    .regex(/^[0-9.]+:\d+$/)
    .optional(),
  /** The nonce that it answers there. */
  nonce: z.enum(["true", "lie"]).default("true"),
  browser: z.enum(["none", "painted", "blank"]).default("none"),
  /** Ignores a polite shutdown. A word on the command line, a boolean in the orders. */
  stubborn: z.enum(["yes", "no"]).default("no"),
  freeze: FreezeWord.default("ok"),
  /** `damaged`: the state is refused; `leak`: the guest speaks with the network that it had before it was prepared. */
  restore: z.enum(["ok", "damaged", "leak"]).default("ok"),
  identity: IdentityWord.default("ok"),
  /** What `identity.take` leaves as it was. */
  forget: IdentityPart.optional(),
});
export type FakePlan = z.infer<typeof FakePlan>;

const PREFIX = "fake.";

/** `before` is what holds where the command line says nothing. BAD_REQUEST names a word that no plan knows. */
export function parseFakePlan(commandLine: string, before: Partial<FakePlan> = {}): FakePlan {
  const words = commandLine.split(/\s+/).filter((word) => word.startsWith(PREFIX));
  const pairs = words.map((word) => {
    const [key = "", ...rest] = word.slice(PREFIX.length).split("=");
    return [key, rest.join("=")] as const;
  });
  const parsed = FakePlan.safeParse({ ...before, ...Object.fromEntries(pairs) });
  if (parsed.success) return parsed.data;
  throw new BrowserVmError("BAD_REQUEST", `the fake VMM cannot follow: ${z.prettifyError(parsed.error)}`, {
    words,
  });
}

/** What a restored VM must have in common with the frozen one. */
export const FakeMachine = z.object({
  vcpus: z.number(),
  memoryMib: z.number(),
  mtu: z.number(),
  disks: z.number(),
});
export type FakeMachine = z.infer<typeof FakeMachine>;

/** The file from which the fake's process reads everything. */
export const FakeOrders = z.object({
  plan: FakePlan,
  vmId: z.string(),
  address: VmAddress,
  mtu: z.number(),
  /** Resolvers that the command line's `ip=` names. */
  dns: z.array(z.string()),
  /** A file that may appear while the VM lives: see `FakeChanges`. */
  changes: z.string(),
  controlSocket: z.string(),
  console: z.string(),
  /** Paths that the initrd's manifest names; the agent says of all of them that they are as they should be. */
  injected: z.array(z.string()),
  machine: FakeMachine.optional(),
  /** Where it is asked to freeze; absent: it cannot be. */
  monitorSocket: z.string().optional(),
  /** Set: the guest does not boot, but goes on from there. */
  memory: GuestMemory.optional(),
});
export type FakeOrders = z.infer<typeof FakeOrders>;
