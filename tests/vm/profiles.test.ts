import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { GUEST_PATHS, type SessionId } from "@browservm/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ControllerUnderTest } from "../harness/controller-under-test.ts";
import { HostUnderTest } from "../harness/host-under-test.ts";
import { shIn } from "./in-guest.ts";
import { PROFILE_SITE, SITE } from "./profile-site.ts";

const LONG = { timeout: 90_000 };
let host: HostUnderTest;
let controller: ControllerUnderTest;
beforeAll(async () => {
  host = await HostUnderTest.start({ env: { BROWSERVM_VMM__DRIVER: "container" } });
  controller = await ControllerUnderTest.start(host.dir);
});
afterAll(async () => {
  await controller?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

/** A session that is ready, with the site in its guest. */
async function begin(mode: "read" | "write") {
  const handle = await controller.client.sessions.create({ profile: { name: "work", mode } });
  await expect.poll(async () => (await handle.refresh()).status, LONG).toBe("ready");
  const vmId = handle.data.vm?.id;
  if (!vmId) throw new Error("a ready session has a VM");
  const serve = `cat > /tmp/site.cjs <<'X'\n${PROFILE_SITE}\nX\nsetsid ${GUEST_PATHS.node} /tmp/site.cjs >/dev/null 2>&1 &`;
  await shIn(
    host,
    vmId,
    `${serve}\nuntil ss -ltn | grep -q 9321 || [ $((n=n+1)) -gt 50 ]; do sleep 0.1; done`,
  );
  const told = () => shIn(host, vmId, "cat /tmp/told 2>/dev/null || true");
  return {
    id: handle.id as SessionId,
    vmId,
    told,
    visit: (query = "") => handle.navigate(`${SITE}${query}`),
  };
}

/** What the site found of itself when it was opened first. */
async function found({ told, visit }: Awaited<ReturnType<typeof begin>>): Promise<unknown> {
  await visit();
  await expect.poll(told, LONG).toContain("/found");
  return JSON.parse((/^\/found (.*)$/m.exec(await told()) ?? [])[1] ?? "");
}

/** Every byte that this machine keeps of the run, except for the guests' own disks. */
function* keptFiles(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && !["images", "vms", "snapshots"].includes(entry.name)) yield* keptFiles(path);
    else if (entry.isFile() && statSync(path).size < 64 * 1_048_576) yield path;
  }
}

test("a browser's cookies, local storage and IndexedDB go from session to session, and are written by one", async () => {
  const mark = "planted-in-a-profile";
  const first = await begin("write");
  await first.visit(`?mark=${mark}`);
  await expect.poll(first.told, LONG).toContain("/left");
  const second = controller.client.sessions.create({ profile: { name: "work", mode: "write" } });
  await expect(second).rejects.toMatchObject({ code: "PROFILE_IN_USE", details: { sessionId: first.id } });
  await controller.client.sessions.end(first.id);
  const profile = (await controller.client.profiles.list()).data[0];
  expect(profile).toMatchObject({ name: "work", version: 1, writer: null, failure: null });
  expect(profile?.storedBytes).toBeLessThan(profile?.bytes ?? 0);

  const next = await begin("write");
  const all = { cookie: `lasting=${mark}; passing=${mark}`, local: mark, indexed: mark };
  expect(await found(next)).toEqual(all);
  const kept = [...keptFiles(host.dir)];
  expect(kept.some((path) => path.includes("controller/profiles/prf_"))).toBe(true);
  expect(kept.filter((path) => readFileSync(path).includes(mark))).toEqual([]);

  // A machine that dies takes with it only what was not saved.
  await next.visit("?mark=never-saved");
  await expect.poll(next.told, LONG).toContain("never-saved");
  process.kill((await host.client.getVm(next.vmId)).pid ?? 0, "SIGKILL");
  await expect.poll(async () => (await controller.client.sessions.get(next.id)).status, LONG).toBe("failed");
  const lost = (await controller.client.profiles.list()).data[0];
  expect(lost).toMatchObject({ version: 1, writer: null, failure: { code: "PROFILE_SAVE_FAILED" } });
  const reader = await begin("read");
  expect(await found(reader)).toEqual(all);
  await controller.client.sessions.end(reader.id);
}, 300_000);
