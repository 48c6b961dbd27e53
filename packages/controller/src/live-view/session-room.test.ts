import { CLOSE_CODES, ViewerId } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Person, Seat, ViewConnection } from "./seat.ts";
import { SessionRoom } from "./session-room.ts";

const GRACE_MS = 5000;
const IDLE_MS = 30_000;
let room: SessionRoom;
let changes: number;
beforeEach(() => {
  vi.useFakeTimers();
  changes = 0;
  room = new SessionRoom({
    graceMs: GRACE_MS,
    idleMs: IDLE_MS,
    maxViewers: 4,
    changed: () => {
      changes += 1;
    },
  });
});
afterEach(() => {
  room[Symbol.dispose]();
  vi.useRealTimers();
});

const idOf = (letter: string) => ViewerId.parse(`vwr_${letter.repeat(20)}`);

class FakeView implements ViewConnection {
  readonly closed: number[] = [];
  lettings = 0;
  end = (code: number) => void this.closed.push(code);
  letGo = () => {
    this.lettings += 1;
  };
}

interface Visit {
  readonly seat: Seat;
  readonly view: FakeView;
  readonly leave: () => void;
}

function visit(letter: string, part: Partial<Person> = {}): Visit {
  const base = { name: letter, via: "link", linkId: null, canControl: true } as const;
  const seat = room.expect({ ...base, id: idOf(letter), scope: `cookie:${letter}`, ...part });
  const view = new FakeView();
  room.sit(seat, "vnc", view);
  room.expectNoMore(seat);
  return { seat, view, leave: () => room.rise(seat, "vnc", view) };
}

const holder = () => room.lease.holder?.person.name;
const names = () => room.list().map(({ name }) => name);

describe("who is here", () => {
  test("is listed, the first comer first, until it leaves", () => {
    visit("a");
    vi.advanceTimersByTime(1);
    const b = visit("b", { canControl: false });
    expect(room.list()).toMatchObject([
      { name: "a", hasControl: true, asksSince: null },
      { name: "b", hasControl: false, canControl: false },
    ]);
    b.leave();
    expect(names()).toEqual(["a"]);
    expect(JSON.stringify(room.list())).not.toContain("cookie:");
  });

  test("comes again as the same viewer: the older connection is closed as replaced, and the control stays", () => {
    const first = visit("a");
    visit("b");
    const again = visit("a");
    expect(first.view.closed).toEqual([CLOSE_CODES.replaced]);
    first.leave();
    expect(again.view.closed).toEqual([]);
    expect(names()).toEqual(["a", "b"]);
    expect(holder()).toBe("a");
  });

  test("cannot come as another: the id with other credentials is refused", () => {
    const { leave } = visit("a");
    expect(() => visit("a", { scope: "cookie:x" })).toThrowError(
      expect.objectContaining({ code: "FORBIDDEN" }),
    );
    leave();
    expect(() => visit("a", { scope: "cookie:x" })).toThrowError(
      expect.objectContaining({ code: "FORBIDDEN" }),
    );
    vi.advanceTimersByTime(GRACE_MS);
    visit("a", { scope: "cookie:x" });
    expect(holder()).toBe("a");
  });

  test("is bounded, counting those on the way; who is away makes place", () => {
    visit("a");
    visit("b");
    const c = visit("c");
    room.expect({ ...c.seat.person, id: idOf("d") });
    expect(() => visit("e")).toThrowError(expect.objectContaining({ code: "TOO_MANY_VIEWERS" }));
    c.leave();
    visit("e");
    expect(names()).toEqual(["a", "b", "e"]);
    visit("f", { via: "operator" });
    expect(() => visit("g")).toThrowError(expect.objectContaining({ code: "TOO_MANY_VIEWERS" }));
  });

  test("leaves no trace when it never arrives", () => {
    const seat = room.expect({ ...visit("a").seat.person, id: idOf("b") });
    expect(names()).toEqual(["a"]);
    expect(() => room.find(idOf("b"))).toThrowError(expect.objectContaining({ code: "VIEWER_NOT_FOUND" }));
    room.expectNoMore(seat);
    const fresh = visit("b", { scope: "cookie:x" });
    expect(fresh.view.closed).toEqual([]);
  });

  test("is closed when it is sent away, also what is still on the way", () => {
    const a = visit("a");
    visit("b");
    const coming = room.expect(a.seat.person);
    room.remove(a.seat);
    expect(a.view.closed).toEqual([CLOSE_CODES.removed]);
    const late = new FakeView();
    room.sit(coming, "vnc", late);
    expect(late.closed).toEqual([CLOSE_CODES.removed]);
    room.expectNoMore(coming);
    a.leave();
    expect(names()).toEqual(["b"]);
    vi.advanceTimersByTime(GRACE_MS);
    expect(names()).toEqual(["b"]);
  });
});

describe("the control", () => {
  test("goes to the first that may have it", () => {
    visit("l", { canControl: false });
    expect(holder()).toBeUndefined();
    visit("a");
    visit("b");
    expect(holder()).toBe("a");
  });

  test("is its holder's for five seconds after its connection is gone, and it is seen that it is", () => {
    const a = visit("a");
    visit("b");
    a.leave();
    vi.advanceTimersByTime(GRACE_MS - 1);
    expect(room.list()).toMatchObject([{ name: "a", hasControl: true }, { name: "b" }]);
    visit("a");
    vi.advanceTimersByTime(GRACE_MS);
    expect(holder()).toBe("a");
  });

  test("passes on after that: to who asked first, else to who came meanwhile, else to the next who comes or asks", () => {
    const a = visit("a");
    const b = visit("b");
    vi.advanceTimersByTime(10);
    a.leave();
    const c = visit("c");
    vi.advanceTimersByTime(GRACE_MS);
    expect(holder()).toBe("c");
    room.lease.ask(b.seat);
    c.leave();
    vi.advanceTimersByTime(GRACE_MS);
    expect(holder()).toBe("b");
    visit("d", { canControl: false });
    b.leave();
    vi.advanceTimersByTime(GRACE_MS);
    expect(holder()).toBeUndefined();
    visit("e");
    expect(holder()).toBe("e");
  });

  test("waits for a holder that is just coming back", () => {
    const a = visit("a");
    visit("b");
    a.leave();
    const coming = room.expect(a.seat.person);
    vi.advanceTimersByTime(2 * GRACE_MS);
    room.sit(coming, "vnc", new FakeView());
    room.expectNoMore(coming);
    expect(holder()).toBe("a");
    expect(names()).toEqual(["a", "b"]);
  });

  test("is not kept for a holder that was sent away", () => {
    const a = visit("a");
    const b = visit("b");
    room.lease.ask(b.seat);
    room.remove(a.seat);
    expect(holder()).toBe("b");
  });

  test("is asked for: the holder keeps it until it was idle for thirty seconds", () => {
    visit("a");
    const b = visit("b");
    const c = visit("c");
    vi.advanceTimersByTime(20_000);
    room.lease.used();
    room.lease.ask(c.seat);
    vi.advanceTimersByTime(5);
    room.lease.ask(b.seat);
    expect(room.list()).toMatchObject([
      { name: "a", hasControl: true },
      { name: "b", asksSince: expect.any(String) },
      { name: "c", asksSince: expect.any(String) },
    ]);
    vi.advanceTimersByTime(20_000);
    room.lease.used();
    vi.advanceTimersByTime(IDLE_MS - 1);
    expect(holder()).toBe("a");
    vi.advanceTimersByTime(1);
    expect(holder()).toBe("c");
    expect(room.list()).toMatchObject([{}, { asksSince: expect.any(String) }, { asksSince: null }]);
    vi.advanceTimersByTime(IDLE_MS);
    expect(holder()).toBe("b");
  });

  test("is given at once to who asks when its holder was idle for so long already", () => {
    visit("a");
    const b = visit("b");
    vi.advanceTimersByTime(IDLE_MS);
    expect(holder()).toBe("a");
    room.lease.ask(b.seat);
    expect(holder()).toBe("b");
  });

  test("when it is let go, goes to who asked first and is here, else to nobody until somebody asks", () => {
    const a = visit("a");
    const b = visit("b");
    const c = visit("c");
    room.lease.ask(b.seat);
    room.lease.ask(c.seat);
    b.leave();
    room.lease.release(a.seat);
    expect(holder()).toBe("c");
    room.lease.release(c.seat);
    expect(holder()).toBeUndefined();
    room.lease.ask(a.seat);
    expect(holder()).toBe("a");
  });

  test("a wish is kept for who is away for a moment, withdrawn by who has it, and refused", () => {
    visit("a");
    const b = visit("b");
    room.lease.ask(b.seat);
    b.leave();
    const again = visit("b");
    expect(room.list()[1]).toMatchObject({ name: "b", asksSince: expect.any(String) });
    room.lease.release(again.seat);
    expect(room.list()[1]).toMatchObject({ asksSince: null });
    room.lease.ask(again.seat);
    room.lease.refuse(again.seat);
    vi.advanceTimersByTime(2 * IDLE_MS);
    expect(holder()).toBe("a");
  });

  test("who comes back finds what became free meanwhile", () => {
    visit("a");
    const b = visit("b");
    room.lease.ask(b.seat);
    vi.advanceTimersByTime(IDLE_MS - 1000);
    b.leave();
    vi.advanceTimersByTime(2000);
    expect(holder()).toBe("a");
    visit("b");
    expect(holder()).toBe("b");
  });

  test("lets go of what its holder holds down, each time that it changes hands", () => {
    const a = visit("a");
    const b = visit("b");
    room.lease.give(b.seat);
    expect([a.view.lettings, b.view.lettings]).toEqual([1, 0]);
    room.lease.give(b.seat);
    room.lease.give(a.seat);
    expect([a.view.lettings, b.view.lettings]).toEqual([1, 1]);
    room.lease.release(a.seat);
    expect(a.view.lettings).toBe(2);
  });

  test("asking twice is asking once, and says so once", () => {
    visit("a");
    const b = visit("b");
    room.lease.ask(b.seat);
    const before = changes;
    room.lease.ask(b.seat);
    expect(changes).toBe(before);
  });
});
