import { createHash, randomBytes } from "node:crypto";
import { GUEST_PATHS, type GuestHandlers, type GuestParams } from "@browservm/contract";
import type { z } from "zod";
import type { GuestClock } from "./guest-clock.ts";
import { type GuestMemory, type NetworkMemory, START_PAGE } from "./guest-memory.ts";
import type { GuestNetwork } from "./guest-network.ts";
import type { IdentityPart, IdentityWord } from "./plan.ts";

export interface IdentityParts {
  readonly memory: GuestMemory;
  readonly network: GuestNetwork;
  readonly clock: GuestClock;
  /** What is planned and changed now. */
  readonly now: () => {
    readonly identity: z.infer<typeof IdentityWord>;
    readonly forget: IdentityPart | undefined;
  };
  /** The answer to `identity.take` is on its way: the agent executes itself anew. */
  readonly onTaken: () => void;
}

type NewIdentity = GuestParams<"identity.take">;

/** The calls by which a guest becomes another one, or the same one later. */
export function identityCalls(parts: IdentityParts) {
  const { memory, network, clock } = parts;
  return {
    "snapshot.prepare": () => {
      forgetWhoItIs(parts);
      return {};
    },
    "identity.take": (identity) => {
      const { identity: word, forget } = parts.now();
      if (word === "refuse") throw new Error("fake: this guest takes no other identity");
      const clockStepMs = forget === "clock" ? 0 : clock.set(identity.hostTime);
      takeIdentity(parts, identity, forget);
      // After the microtasks that send the answer.
      setImmediate(parts.onTaken);
      return {
        clockStepMs,
        steps: [
          { step: "kernel", ms: 0 },
          { step: "network", ms: 0 },
        ],
      };
    },
    "identity.refresh": ({ seed, hostTime }) => {
      memory.randomness.seed = mixed(memory.randomness.seed, seed);
      network.forgetNeighbours();
      return { clockStepMs: clock.set(hostTime) };
    },
    "settings.apply": ({ files, display, restartBrowser }) => {
      putFiles(memory, files);
      if (display) memory.display = display;
      if (restartBrowser) memory.url = START_PAGE;
      return { injected: memory.injected.map((path) => ({ path, state: "ok" as const })) };
    },
  } satisfies Partial<GuestHandlers>;
}

function forgetWhoItIs({ memory, network }: IdentityParts): void {
  memory.formerNetwork = memory.network;
  memory.network = { mac: memory.network.mac, mtu: memory.network.mtu, up: false, dns: [] };
  network.change(memory.network);
  memory.hello = { vmId: "", nonce: "" };
  memory.machineId = "";
  memory.hostKey = "";
  memory.injected = [];
}

function takeIdentity(
  { memory, network }: IdentityParts,
  identity: NewIdentity,
  forget: IdentityPart | undefined,
): void {
  if (forget !== "randomness") memory.randomness.seed = mixed(memory.randomness.seed, identity.seed);
  if (forget !== "hostname") memory.hostname = identity.hostname;
  if (forget !== "machine-id") memory.machineId = identity.machineId;
  if (forget !== "host-key") memory.hostKey = randomBytes(32).toString("base64");
  const former = memory.formerNetwork ?? memory.network;
  memory.network = settingsOf(identity.network);
  if (forget === "mac") memory.network.mac = former.mac;
  if (forget === "address" && former.address) memory.network.address = former.address;
  network.change(memory.network);
  delete memory.formerNetwork;
  memory.injected = [];
  putFiles(memory, identity.files);
  if (identity.browser !== "keep-pages") memory.url = START_PAGE;
  memory.hello = { vmId: "", nonce: "" };
}

const settingsOf = ({ mac, mtu, address, prefix, gateway, dns }: NewIdentity["network"]): NetworkMemory => ({
  mac,
  mtu,
  up: true,
  address: { ip: address, prefix, gateway },
  dns: [...dns],
});

/** The manifest names the others; itself it is not checked. */
function putFiles(memory: GuestMemory, files: NewIdentity["files"]): void {
  for (const { path, data } of files) {
    memory.files[path] = data;
    if (path !== GUEST_PATHS.manifest && !memory.injected.includes(path)) memory.injected.push(path);
  }
}

const mixed = (seed: string, fresh: string) => createHash("sha256").update(seed).update(fresh).digest("hex");
