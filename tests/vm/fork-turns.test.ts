import { expect, test } from "vitest";
import { freshId, PausingHost } from "./pausing-host.ts";

const machine = PausingHost.ofThisFile({ BROWSERVM_LIMITS__RESTORES: "1" });

// A fork that waits for its source, and a source that waits for the fork's turn, would wait for ever.
test("a source that is resumed while its fork waits for its turn", async () => {
  const [other, source] = [await machine.pausedVm(), await machine.pausedVm()];
  const id = freshId();
  await machine.client.resumeVm(other.id);
  await machine.client.forkVm(source.id, { id });
  await machine.client.resumeVm(source.id);
  for (const each of [other.id, source.id, id])
    expect(await machine.host.settled(each)).toMatchObject({ state: "ready" });
});

test("a fork whose source's VMM dies meanwhile is told so, as the source is", async () => {
  const source = await machine.readyVm();
  await machine.change(source.id, { freeze: "hang" });
  const id = freshId();
  await machine.client.forkVm(source.id, { id });
  const { pid } = await machine.until(source.id, ({ steps }) => steps.at(-1)?.step === "fork");
  process.kill(pid ?? Number.NaN, "SIGKILL");
  for (const each of [id, source.id]) {
    const vm = await machine.until(each, ({ state }) => state === "failed");
    expect(vm.reason).toMatchObject({ code: "VMM_DIED" });
  }
});
