import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "./store.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bvm-store-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("openStore", () => {
  test("makes a database that only its owner can read, and keeps what is in it", async () => {
    const path = join(directory, "deep", "controller.db");
    const first = await openStore(path);
    await first.insertInto("mark").values({ name: "host", value: 7 }).execute();
    await first.destroy();
    const second = await openStore(path);
    expect(await second.selectFrom("mark").selectAll().execute()).toEqual([{ name: "host", value: 7 }]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await second.destroy();
  });

  test("rolls a failed transaction back", async () => {
    const store = await openStore(join(directory, "controller.db"));
    const failing = store.transaction().execute(async (trx) => {
      await trx.insertInto("mark").values({ name: "host", value: 1 }).execute();
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await store.selectFrom("mark").selectAll().execute()).toEqual([]);
    await store.destroy();
  });

  test("refuses a file that is no database, and leaves it as it is", async () => {
    const path = join(directory, "controller.db");
    writeFileSync(path, "this is not SQLite, and long enough to be looked at".repeat(40));
    const before = statSync(path).size;
    await expect(openStore(path)).rejects.toMatchObject({ code: "STATE_DAMAGED", details: { path } });
    expect(statSync(path).size).toBe(before);
  });
});
