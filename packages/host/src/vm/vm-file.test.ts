import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { VmId } from "@browservm/contract";
import { expect, test } from "vitest";
import { EventLog, eventMigrations } from "../events/event-log.ts";
import { openDatabase } from "../store/database.ts";
import { VmFile } from "./vm-file.ts";
import { type VmRecord, VmStore, vmMigrations } from "./vm-store.ts";

const id = VmId.parse("vm_aaaaaaaaaaaaaaaaaaaa");
const record: VmRecord = {
  id,
  spec: {
    id,
    image: "tiny",
    vcpus: 1,
    memoryMib: 256,
    diskMib: 256,
    display: { width: 800, height: 600 },
    environment: {},
    keepFailed: false,
    start: "auto",
  },
  state: "creating",
  imageId: "tiny-1",
  hasBrowser: false,
  driver: "fake",
  accelerator: "tcg",
  netns: "1",
  createdAt: new Date().toISOString(),
  steps: [],
};

function open() {
  const db = openDatabase(":memory:", [...eventMigrations, ...vmMigrations]);
  return { db, store: new VmStore(db), events: new EventLog(db) };
}

test("every change is durable and told in order", () => {
  const { store, events } = open();
  const file = new VmFile(record, store, events);
  file.enter("booting");
  file.step("disk");
  file.step("boot");
  file.enter("verifying");
  file.enter("ready");
  expect(store.find(id)).toMatchObject({
    state: "ready",
    readyAt: expect.any(String),
    steps: [
      { step: "disk", status: "done" },
      { step: "boot", status: "done" },
    ],
  });
  expect(events.after(0).map(({ type, data }) => [type, data.to ?? `${data.step} ${data.status}`])).toEqual([
    ["vm.state", "booting"],
    ["vm.step", "disk running"],
    ["vm.step", "disk done"],
    ["vm.step", "boot running"],
    ["vm.step", "boot done"],
    ["vm.state", "verifying"],
    ["vm.state", "ready"],
  ]);
});

test("a transition that the story does not allow throws and changes nothing", () => {
  const { store, events } = open();
  const file = new VmFile(record, store, events);
  expect(() => file.enter("ready")).toThrow("cannot go from creating to ready");
  expect(events.after(0)).toEqual([]);
});

test("a failure marks the step that ran as failed and keeps the reason", () => {
  const { store, events } = open();
  const file = new VmFile(record, store, events);
  file.enter("booting");
  file.step("boot");
  file.enter("failed", { code: "TAP_BUSY", message: "held by pid 1", fix: "end it" });
  expect(store.find(id)).toMatchObject({
    state: "failed",
    reason: { code: "TAP_BUSY" },
    steps: [{ step: "boot", status: "failed" }],
  });
});

test("a reader resumes after the last event that it saw", () => {
  const { store, events } = open();
  const file = new VmFile(record, store, events);
  file.enter("booting");
  const seen = events.latest();
  const heard: number[] = [];
  const stop = events.subscribe(({ seq }) => heard.push(seq));
  file.enter("stopping");
  stop();
  file.enter("stopped");
  expect(events.after(seen)).toHaveLength(2);
  expect(heard).toHaveLength(1);
});

test("a damaged database is refused, not re-made", async () => {
  const directory = await mkdtemp("/tmp/bvm-db-");
  const path = `${directory}/hostd.db`;
  await writeFile(path, "this is no database".repeat(100));
  expect(() => openDatabase(path, vmMigrations)).toThrow(expect.objectContaining({ code: "STATE_DAMAGED" }));
  expect(await readFile(path, "utf8")).toContain("this is no database");
  await rm(directory, { recursive: true });
});
