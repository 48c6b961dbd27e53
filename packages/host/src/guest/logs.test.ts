import { expect, test } from "vitest";
import { FakeGuest } from "./fake-guest.ts";
import { followAgentLog, followJournal, tailJournal } from "./logs.ts";

test("the journal is told once, in order, without escape sequences, until it is cancelled", async () => {
  const stop = new AbortController();
  const cursors: string[] = [];
  const guest = new FakeGuest({
    "journal.tail": () => ({ lines: ["\u001b[31mold"], cursor: "c1" }),
    "journal.after": ({ cursor }) => {
      cursors.push(cursor);
      if (cursors.length === 2) stop.abort();
      return { lines: [`new ${cursors.length}`], cursor: `c${cursors.length + 1}` };
    },
  });
  const lines: string[] = [];
  for await (const line of followJournal(guest, { lines: 10, signal: stop.signal })) lines.push(line);
  expect(lines).toEqual(["old", "new 1", "new 2"]);
  expect(cursors).toEqual(["c1", "c2"]);
  expect(await tailJournal(guest, 1, 1000)).toEqual(["old"]);
});

test("the agent's log begins with the last lines asked for", async () => {
  const stop = new AbortController();
  const guest = new FakeGuest({
    "agent.log": ({ after }) => {
      if (after > 0) stop.abort();
      return after === 0 ? { lines: ["1", "2", "3"], next: 3 } : { lines: ["4"], next: 4 };
    },
  });
  const lines: string[] = [];
  for await (const line of followAgentLog(guest, { lines: 2, signal: stop.signal })) lines.push(line);
  expect(lines).toEqual(["2", "3", "4"]);
});

test("a guest that answers at once with nothing is asked at most ten times a second", async () => {
  const guest = new FakeGuest({
    "journal.tail": () => ({ lines: [], cursor: "c" }),
    "journal.after": () => ({ lines: [], cursor: "c" }),
  });
  for await (const _line of followJournal(guest, { lines: 1, signal: AbortSignal.timeout(350) }));
  expect(guest.asked.length).toBeLessThanOrEqual(5);
});
