import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { VncConnection, type VncPhase } from "./vnc-connection.ts";

class FakeWebSocket extends EventTarget {
  static made: FakeWebSocket[] = [];
  constructor() {
    super();
    FakeWebSocket.made.push(this);
  }
  drop(code = 1006): void {
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason: "" }));
  }
}

/** noVNC, as far as connecting and keys go. */
const novnc = vi.hoisted(() => ({ open: 0, said: [] as string[] }));
vi.mock("@novnc/novnc", () => ({
  default: class extends EventTarget {
    constructor() {
      super();
      novnc.open += 1;
      queueMicrotask(() => this.dispatchEvent(new CustomEvent("connect")));
    }
    set viewOnly(isOn: boolean) {
      novnc.said.push(isOn ? "looks" : "acts");
    }
    sendKey(keysym: number, _code: string | null, isDown: boolean): void {
      novnc.said.push(`${isDown ? "+" : "-"}${keysym}`);
    }
    disconnect(): void {
      novnc.open -= 1;
      novnc.said.push("over");
    }
  },
}));
vi.mock("../viewer/keyboard/keyboard-input.ts", () => ({
  KeyboardInput: class {
    close(): void {}
  },
}));

let page: EventTarget;
let phases: VncPhase[];
let connection: VncConnection;
const last = () => phases.at(-1)?.is;
const sockets = () => FakeWebSocket.made.length;

const connect = (Kind = VncConnection) =>
  new Kind({
    target: {} as HTMLElement,
    url: "ws://vm/",
    wrap: (socket) => socket,
    onPhase: (phase) => void phases.push(phase),
    onClipboard: () => {},
  });

beforeEach(() => {
  page = new EventTarget();
  phases = [];
  novnc.open = 0;
  novnc.said = [];
  FakeWebSocket.made = [];
  vi.stubGlobal("WebSocket", FakeWebSocket);
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  connection = connect();
});
afterEach(() => {
  connection.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("asked for while noVNC is loaded, it still connects once", async () => {
  connection.retryNow();
  page.dispatchEvent(new Event("online"));
  await vi.waitFor(() => expect(last()).toBe("live"));
  expect([sockets(), novnc.open]).toEqual([1, 1]);
});

test("asked for while it is live, it comes in the place of the one before, whose end is no news", async () => {
  await vi.waitFor(() => expect(last()).toBe("live"));
  connection.retryNow();
  await vi.waitFor(() => expect(sockets()).toBe(2));
  await vi.waitFor(() => expect(last()).toBe("live"));
  expect(novnc.open).toBe(1);
  FakeWebSocket.made[0]?.drop();
  expect(last()).toBe("live");
});

test("it comes back by itself after a wait, and once only when that is cut short", async () => {
  await vi.waitFor(() => expect(last()).toBe("live"));
  vi.useFakeTimers();
  FakeWebSocket.made[0]?.drop();
  expect(last()).toBe("waiting");
  connection.retryNow();
  await vi.advanceTimersByTimeAsync(20_000);
  expect([sockets(), last()]).toEqual([2, "live"]);
  FakeWebSocket.made[1]?.drop();
  await vi.advanceTimersByTimeAsync(20_000);
  expect([sockets(), last()]).toEqual([3, "live"]);
});

test("keys go where they are heard, and what is down is let go before nobody hears it", async () => {
  connection.press(1, true); // not connected yet
  await vi.waitFor(() => expect(last()).toBe("live"));
  connection.press(2, true);
  connection.watch(true);
  connection.press(2, false);
  connection.press(3, true);
  connection.watch(false);
  connection.press(4, true);
  connection.close();
  expect(novnc.said).toEqual(["+2", "-2", "looks", "acts", "+4", "-4", "over"]);
});

test("it is tried again when noVNC cannot be loaded", async () => {
  connection.close();
  vi.doMock("@novnc/novnc", () => Promise.reject(new Error("the network is gone")));
  vi.resetModules();
  const { VncConnection: Fresh } = await import("./vnc-connection.ts");
  phases = [];
  connection = connect(Fresh);
  await vi.waitFor(() => expect(last()).toBe("waiting"));
  expect(phases.at(-1)).toMatchObject({ reason: { title: "No connection" } });
});
