import { beforeAll, describe, expect, test } from "vitest";
import { runLaboratory } from "./laboratory.ts";
import type { LabRow } from "./row.ts";
import { selectTasks } from "./tasks.ts";

const HEALTHY = 50;
const SUBSET = { only: [], fast: true, healthy: HEALTHY };

let rows: ReadonlyMap<string, LabRow>;

beforeAll(async () => {
  const result = await runLaboratory({ ...SUBSET, signal: new AbortController().signal, onRow: () => {} });
  rows = new Map(result.rows.map((row) => [`${row.kind} ${row.name}`, row]));
});

describe("the laboratory's subset", () => {
  test.each(selectTasks(SUBSET).map(({ kind, name }) => [kind, name]))("%s: %s", (kind, name) => {
    const row = rows.get(`${kind} ${name}`);
    expect(row?.complaints ?? ["it was not played"]).toEqual([]);
    expect(row?.passed).toBe(true);
  });
});
