import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { PausingHost } from "./pausing-host.ts";

const machine = PausingHost.ofThisFile();
const END_MS = 10_000;

test("hostd ends when it is asked to, whoever listens, and the VM is found again", async () => {
  const vm = await machine.readyVm();
  const { client, host } = machine;
  const listening = new AbortController();
  const heard = (async () => {
    for await (const _ of client.events({ after: 0, signal: listening.signal })) break;
    for await (const _ of client.events({ signal: listening.signal }));
  })().catch(() => {}); // it is cut off, and then stopped
  const stream = await client.openStream(vm.id, "agent");
  stream.on("error", () => {});
  const cut = once(stream, "close");
  await sleep(0);
  const outcome = await Promise.race([host.end().then(() => "ended"), sleep(END_MS, "hangs")]);
  listening.abort();
  if (outcome !== "ended") await host.end("SIGKILL");
  expect(outcome).toBe("ended");
  await cut;
  await heard;
  await host.startHostd();
  const found = await host.settled(vm.id);
  expect([found.state, found.pid]).toEqual(["ready", vm.pid]);
});
