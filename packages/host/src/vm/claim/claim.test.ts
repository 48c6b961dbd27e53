import { type ClaimVm, type GuestParams, type SessionEnvironment, VmId } from "@browservm/contract";
import { beforeEach, describe, expect, test } from "vitest";
import { EventLog, eventMigrations } from "../../events/event-log.ts";
import { FakeGuest } from "../../guest/fake-guest.ts";
import { identify } from "../../process/identity.ts";
import { openDatabase } from "../../store/database.ts";
import { FakeNetwork } from "../../testing/fake-network.ts";
import type { LiveVm } from "../live-vm.ts";
import type { VmDeps } from "../vm-deps.ts";
import { VmFile } from "../vm-file.ts";
import { type VmRecord, VmStore, vmMigrations } from "../vm-store.ts";
import { applySettings } from "./apply-settings.ts";
import { claimVm } from "./claim-vm.ts";

const ID = VmId.parse("vm_abcdefghijklmnopqrst");
const FILES = ["/etc/browservm/session.env", "/etc/environment"];
const SMALL = { width: 800, height: 600 };

let store: VmStore;
/** What the guest was told. */
let told: Array<GuestParams<"settings.apply">>;
beforeEach(() => {
  const db = openDatabase(":memory:", [...eventMigrations, ...vmMigrations]);
  store = new VmStore(db);
  events = new EventLog(db);
  told = [];
});
let events: EventLog;

/** A proven VM with a browser that was started with `environment`. */
function provenVm(environment: SessionEnvironment = {}): VmFile {
  const identity = identify(process.pid);
  if (!identity) throw new Error("this process runs");
  const now = new Date().toISOString();
  const record: VmRecord = {
    id: ID,
    spec: {
      id: ID,
      image: "browser",
      vcpus: 1,
      memoryMib: 256,
      diskMib: 256,
      display: { width: 1280, height: 720 },
      environment,
      keepFailed: false,
      start: "auto",
    },
    state: "ready",
    imageId: "browser-1",
    hasBrowser: true,
    driver: "fake",
    accelerator: "tcg",
    netns: "1",
    vmm: { driver: "fake", identity, runDir: "/run" },
    createdAt: now,
    readyAt: now,
    provenAt: now,
    steps: [],
  };
  return new VmFile(record, store, events);
}

/** A guest whose new browser has painted at the second look. */
function obedientGuest(): FakeGuest {
  let looks = 0;
  return new FakeGuest({
    "settings.apply": (params) => {
      told.push(params);
      return { injected: params.files.map(({ path }) => ({ path, state: "ok" as const })) };
    },
    "browser.status": () => ({ running: true, painted: looks++ > 0 }),
  });
}

async function claimed(file: VmFile, wanted: Omit<ClaimVm, "claim">): Promise<FakeGuest> {
  const network = new FakeNetwork();
  const address = network.reserve(ID);
  await network.plug(address, 200_000);
  const guest = obedientGuest();
  const ready = () => ({ address, guest }) as unknown as LiveVm;
  const isOther = claimVm({ network } as unknown as VmDeps, { file, ready }, { claim: "s_1", ...wanted });
  expect(isOther).toBe(file.record.settings !== undefined);
  await applySettings({ patience: 1 }, { file, live: { guest }, signal: AbortSignal.timeout(5000) });
  return guest;
}

describe("what the guest of a claimed VM is told", () => {
  test("is nothing when all is as it was", async () => {
    const guest = await claimed(provenVm({ A: "1" }), {
      environment: { A: "1" },
      display: { width: 1280, height: 720 },
    });
    expect(guest.asked).toEqual([]);
  });

  test("is its files also when only the display is another one, for the manifest is written with them", async () => {
    await claimed(provenVm({ A: "1" }), { display: SMALL });
    expect(told).toMatchObject([{ display: SMALL, restartBrowser: false }]);
    expect(told[0]?.files.map(({ path }) => path)).toEqual(FILES);
    expect(Buffer.from(told[0]?.files[0]?.data ?? "", "base64").toString()).toContain('A="1"');
  });

  test.each([
    ["comes", {}, { TZ: "Asia/Tokyo" }, true],
    ["goes", { TZ: "Asia/Tokyo" }, { A: "1" }, true],
    ["stays", { TZ: "Asia/Tokyo" }, { A: "1", TZ: "Asia/Tokyo" }, false],
  ])(
    "is to start its browser anew when a time zone comes or goes: it %s",
    async (_how, was, is, restarts) => {
      await claimed(provenVm(was), { environment: is });
      expect(told).toMatchObject([{ restartBrowser: restarts }]);
    },
  );
});

test("a browser that is started anew has painted before the settings are in force", async () => {
  const file = provenVm();
  const guest = await claimed(file, { environment: { LANG: "de_DE.UTF-8" } });
  expect(guest.asked).toEqual(["settings.apply", "browser.status", "browser.status"]);
  expect(file.record.settings).toBeUndefined();
  expect(file.record.steps).toMatchObject([{ step: "settings", status: "done" }]);
});

test("settings that wait since before a record said what they are for the browser give it a new one", () => {
  const { record } = provenVm();
  store.save({ ...record, settings: { display: false, environment: true } as never });
  expect(store.find(ID)?.settings).toEqual({ display: false, freshBrowser: true });
});
