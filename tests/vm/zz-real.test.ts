import { test } from "vitest";
import { DatabaseSync } from "node:sqlite";
import { HostUnderTest } from "../harness/host-under-test.ts";
test("x", async () => {
  const image = process.env.IMG ?? "tiny";
  await using host = await HostUnderTest.start({ env: { BROWSERVM_LIMITS__TIMEOUT_SCALE: "2" } });
  const show = (v: any) => { console.log(image, v.state, v.origin, v.reason?.code ?? "", v.reason?.message ?? "", JSON.stringify(v.timing), v.steps.map((s: any) => `${s.step}:${s.durationMs}`).join(" ")); console.log(v.gate?.steps.map((s: any) => `${s.id}:${s.durationMs}${s.reason ? s.reason.message : ""}`).join(" ")); console.log(JSON.stringify(v.identity)); };
  const a = Date.now();
  const vm = await host.vm({ image });
  console.log("first", Date.now() - a);
  show(vm);
  const db = new DatabaseSync(`${host.dir}/s/hostd/hostd.db`, { readOnly: true });
  for (const r of db.prepare("select at, type, data from event where type like 'snapshot%'").all()) console.log(r.at, r.data);
  for (let i = 0; i < Number(process.env.N ?? 3); i++) { const b = Date.now(); const v = await host.vm({ image, start: "restore" }); console.log("restored", Date.now() - b); show(v); await host.client.removeVm(v.id); }
  if (vm.state === "failed") console.log(host.log.slice(-3000));
});
