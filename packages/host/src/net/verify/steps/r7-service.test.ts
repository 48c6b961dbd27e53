import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { AGENT_PORT, Ipv4, VmId } from "@browservm/contract";
import { afterEach, expect, test } from "vitest";
import { FakeGuest } from "../../../guest/fake-guest.ts";
import { FakeNetwork } from "../../../testing/fake-network.ts";
import type { GateSubject } from "../gate-step.ts";
import { serviceStep } from "./r7-service.ts";

/** An address of this machine's loopback that nothing else uses. */
const IP = Ipv4.parse("127.83.7.1");
const vmId = VmId.parse("vm_aaaaaaaaaaaaaaaaaaaa");
let server: Server | undefined;

afterEach(() => server?.close());

async function agentThatSays(answer: unknown): Promise<void> {
  server = createServer((_, response) => response.end(JSON.stringify(answer)));
  server.listen(AGENT_PORT, IP);
  await once(server, "listening");
}

function prove(): Promise<unknown> {
  const network = new FakeNetwork();
  const subject: GateSubject = {
    vmId,
    address: { ...network.reserve(vmId), ip: IP },
    ownerUid: 1,
    vmmPid: 1,
    port: "tap",
    network,
    guest: new FakeGuest({}),
    nonce: "ours",
    bootId: "boot",
    hasBrowser: false,
    showsOwnPage: true,
    patience: 0.2,
    openVnc: () => Promise.reject(new Error("no display")),
    waiting: (answer) => answer,
  };
  return serviceStep.prove(subject, { note: () => {}, signal: AbortSignal.timeout(400) });
}

test("a service that is down is refused, which says that the network works", async () => {
  await expect(prove()).rejects.toMatchObject({
    code: "GATE_SERVICE_REFUSED",
    details: { port: AGENT_PORT },
  });
});

test("an agent that lies about its nonce is another machine", async () => {
  await agentThatSays({ vmId, nonce: "not ours", bootId: "boot" });
  await expect(prove()).rejects.toMatchObject({
    code: "GATE_WRONG_VM",
    message: expect.stringContaining("another nonce"),
  });
});

test("the right nonce from another boot is another machine", async () => {
  await agentThatSays({ vmId, nonce: "ours", bootId: "rebooted" });
  await expect(prove()).rejects.toMatchObject({
    code: "GATE_WRONG_VM",
    message: expect.stringContaining("boot rebooted"),
  });
});

test("an answer that is no agent's is another machine, however long", async () => {
  await agentThatSays({ nonce: "x".repeat(100_000) });
  await expect(prove()).rejects.toMatchObject({ code: "GATE_WRONG_VM" });
});

test("with the right nonce the proof goes on to SSH", async () => {
  await agentThatSays({ vmId, nonce: "ours", bootId: "boot" });
  await expect(prove()).rejects.toMatchObject({ code: "GATE_SERVICE_REFUSED", details: { port: 22 } });
});
