import type { Rung } from "@browservm/contract";
import { beforeEach, describe, expect, test } from "vitest";
import { Ladder, type VideoRung } from "./ladder.ts";

const ALL: readonly Rung[] = ["webrtc", "websocket", "vnc"];

let now = 0;
let unable = new Map<VideoRung, string>();
beforeEach(() => {
  now = 1000;
  unable = new Map();
});

const make = (isEmulated = false) => new Ladder({ now: () => now, isEmulated, unable });
/** Lets time pass as the viewer does: it ticks when something is due, and not before. */
function pass(ladder: Ladder, ms: number): void {
  const end = now + ms;
  for (let due = ladder.nextAt; due !== null && due <= end; due = ladder.nextAt) {
    now = due;
    ladder.tick();
  }
  now = end;
}
const at = ({ shown, trying }: Ladder) => [shown, trying];

describe("going up", () => {
  test("begins with VNC and tries WebRTC as soon as the gateway serves it", () => {
    const ladder = make();
    expect(at(ladder)).toEqual(["vnc", null]);
    expect(ladder.why).toBe(null);
    ladder.serve(ALL);
    expect(at(ladder)).toEqual(["vnc", "webrtc"]);
    ladder.painted("webrtc");
    expect(at(ladder)).toEqual(["webrtc", null]);
    expect([ladder.why, ladder.nextAt]).toEqual([null, null]);
  });

  test("lets WebSocket paint until WebRTC does, where both are served and it does not fail", () => {
    const ladder = make();
    ladder.serve(["webrtc", "vnc"]);
    expect(ladder.meanwhile).toBe(null);
    ladder.serve(ALL);
    expect(ladder.meanwhile).toBe("websocket");
    ladder.painted("websocket");
    expect([...at(ladder), ladder.meanwhile]).toEqual(["websocket", "webrtc", "websocket"]);
    ladder.failed("websocket", "this browser cannot decode it");
    expect([...at(ladder), ladder.meanwhile]).toEqual(["vnc", "webrtc", null]);
    ladder.painted("webrtc");
    expect([...at(ladder), ladder.meanwhile]).toEqual(["webrtc", null, null]);
  });

  test("lets WebRTC begin when WebSocket has painted or failed, and after half a second in any case", () => {
    const begins = (how: (ladder: Ladder) => void) => {
      const ladder = make();
      ladder.serve(ALL);
      expect([ladder.trying, ladder.begun]).toEqual(["webrtc", null]);
      how(ladder);
      return ladder.begun;
    };
    expect(begins((ladder) => ladder.painted("websocket"))).toBe("webrtc");
    expect(begins((ladder) => ladder.failed("websocket", "no decoder"))).toBe("webrtc");
    expect(begins((ladder) => pass(ladder, 499))).toBe(null);
    expect(begins((ladder) => pass(ladder, 500))).toBe("webrtc");
    const alone = make();
    alone.serve(["webrtc", "vnc"]);
    expect(alone.begun).toBe("webrtc");
  });

  test("does not hold back again what has begun, when the VM's picture begins later", () => {
    const ladder = make();
    ladder.serve(ALL);
    ladder.hear("starting");
    pass(ladder, 500);
    ladder.hear("running");
    expect(ladder.begun).toBe("webrtc");
  });

  test("tries WebSocket when WebRTC has painted nothing after four seconds, and says why", () => {
    const ladder = make();
    ladder.serve(ALL);
    pass(ladder, 3999);
    expect(ladder.trying).toBe("webrtc");
    pass(ladder, 1);
    expect(at(ladder)).toEqual(["vnc", "websocket"]);
    ladder.painted("websocket");
    expect(at(ladder)).toEqual(["websocket", null]);
    expect(ladder.why).toBe("no picture came within 4 s");
  });

  test("waits longer while the VM's capture only begins, and four seconds from when it runs", () => {
    const ladder = make();
    ladder.serve(ALL);
    ladder.hear("starting");
    pass(ladder, 20_000);
    expect(ladder.trying).toBe("webrtc");
    ladder.hear("running");
    pass(ladder, 3999);
    expect(ladder.trying).toBe("webrtc");
    pass(ladder, 1);
    expect(ladder.trying).toBe("websocket");
  });

  test("gives a capture that never begins up after half a minute", () => {
    const ladder = make();
    ladder.serve(["websocket", "vnc"]);
    ladder.hear("starting");
    pass(ladder, 30_000);
    expect(at(ladder)).toEqual(["vnc", null]);
    expect(ladder.why).toBe("no picture came within 30 s");
  });

  test("climbs again after 30, 60, 120 and 120 seconds, and goes on below meanwhile", () => {
    const ladder = make();
    ladder.serve(ALL);
    pass(ladder, 4000);
    ladder.painted("websocket");
    const failedAt: number[] = [4000];
    for (const wait of [30_000, 60_000, 120_000, 120_000]) {
      pass(ladder, wait - 1);
      expect(at(ladder)).toEqual(["websocket", null]);
      pass(ladder, 1);
      expect(at(ladder)).toEqual(["websocket", "webrtc"]);
      ladder.failed("webrtc", "ICE failed");
      expect(at(ladder)).toEqual(["websocket", null]);
      failedAt.push(now);
    }
    expect(ladder.why).toBe("ICE failed");
    pass(ladder, 120_000);
    ladder.painted("webrtc");
    expect(at(ladder)).toEqual(["webrtc", null]);
  });

  test("tries at once what failed before when the network is another", () => {
    const ladder = make();
    ladder.serve(ALL);
    ladder.failed("webrtc", "ICE failed");
    ladder.painted("websocket");
    ladder.networkChanged();
    expect(at(ladder)).toEqual(["websocket", "webrtc"]);
  });

  test("skips what this browser cannot do or the gateway does not serve", () => {
    unable.set("websocket", "this browser has no WebCodecs");
    const ladder = make();
    ladder.serve(["websocket", "vnc"]);
    expect(at(ladder)).toEqual(["vnc", null]);
    expect(ladder.why).toBe("this browser has no WebCodecs");
    expect(ladder.nextAt).toBe(null);
    const able = new Ladder({ now: () => now, isEmulated: false, unable: new Map() });
    able.serve(["websocket", "vnc"]);
    able.painted("websocket");
    expect(able.why).toBe("the gateway does not serve WebRTC");
  });
});

describe("another network", () => {
  test("is told of what breaks with the old one: it is tried again at once, and what fails then waits as ever", () => {
    const ladder = make();
    ladder.serve(ALL);
    ladder.painted("webrtc");
    ladder.networkChanged();
    pass(ladder, 500);
    ladder.failed("webrtc", "the old network is gone");
    expect(at(ladder)).toEqual(["vnc", "webrtc"]);
    pass(ladder, 4000);
    expect(at(ladder)).toEqual(["vnc", "websocket"]);
  });
});

describe("going down", () => {
  const playing = () => {
    const ladder = make();
    ladder.serve(ALL);
    ladder.painted("webrtc");
    return ladder;
  };

  test("tries WebRTC once more at once, for TCP may be open, while WebSocket paints", () => {
    const ladder = playing();
    ladder.failed("webrtc", "UDP is dropped");
    expect([...at(ladder), ladder.meanwhile]).toEqual(["vnc", "webrtc", "websocket"]);
    ladder.painted("websocket");
    pass(ladder, 1000);
    expect(at(ladder)).toEqual(["websocket", "webrtc"]);
    ladder.painted("webrtc");
    ladder.failed("webrtc", "it breaks again and again");
    expect(at(ladder)).toEqual(["vnc", "websocket"]);
    pass(ladder, 30_000);
    expect(ladder.trying).toBe("webrtc");
  });

  test("falls when that fails too: VNC shows while the next way is tried", () => {
    const ladder = playing();
    ladder.failed("webrtc", "the connection broke");
    ladder.failed("webrtc", "the connection broke");
    expect(at(ladder)).toEqual(["vnc", "websocket"]);
    ladder.painted("websocket");
    expect([ladder.shown, ladder.why]).toEqual(["websocket", "the connection broke"]);
  });

  test("shows VNC without the gateway, and climbs when it is back without any wait", () => {
    const ladder = playing();
    ladder.serve(null);
    expect(at(ladder)).toEqual(["vnc", null]);
    expect(ladder.why).toBe("there is no connection to the media gateway");
    ladder.serve(ALL);
    expect(at(ladder)).toEqual(["vnc", "webrtc"]);
  });

  test("tries no other way when the VM itself has no picture, and says what the VM says", () => {
    const ladder = playing();
    ladder.hear("failed", "the display does not run");
    expect(at(ladder)).toEqual(["vnc", null]);
    expect(ladder.why).toBe("the display does not run");
    pass(ladder, 30_000);
    expect(ladder.trying).toBe("webrtc");
  });

  test("climbs as soon as the VM has a picture again; a way that failed by itself still waits", () => {
    const ladder = playing();
    ladder.hear("failed", "the display does not run");
    pass(ladder, 2000);
    ladder.hear("running");
    expect(ladder.trying).toBe("webrtc");
    pass(ladder, 4000);
    ladder.painted("websocket");
    ladder.hear("failed", "the display does not run");
    ladder.hear("running");
    expect(at(ladder)).toEqual(["vnc", "websocket"]);
  });

  test("hears of a failure only from what is in use", () => {
    const ladder = playing();
    ladder.failed("websocket", "late news");
    expect(at(ladder)).toEqual(["webrtc", null]);
  });

  test("a way that has played for a minute begins its waits anew", () => {
    const ladder = playing();
    const fail = () => {
      ladder.failed("webrtc", "broke");
      ladder.failed("webrtc", "broke");
      ladder.painted("websocket");
    };
    fail();
    pass(ladder, 30_000);
    ladder.painted("webrtc");
    ladder.failed("webrtc", "broke");
    ladder.painted("websocket");
    pass(ladder, 59_999);
    expect(ladder.trying).toBe(null);
    pass(ladder, 1);
    ladder.painted("webrtc");
    pass(ladder, 60_000);
    fail();
    pass(ladder, 30_000);
    expect(ladder.trying).toBe("webrtc");
  });

  test("a hidden tab has no video, and gets it back at once", () => {
    const ladder = playing();
    ladder.hide(true);
    expect(at(ladder)).toEqual(["vnc", null]);
    expect(ladder.why).toBe("this tab is hidden");
    ladder.hide(false);
    expect(at(ladder)).toEqual(["vnc", "webrtc"]);
  });
});

describe("by hand", () => {
  test("no better way than the chosen one is used, and its pictures by VNC need no reason", () => {
    const ladder = make();
    ladder.serve(ALL);
    ladder.choose("websocket");
    expect(at(ladder)).toEqual(["vnc", "websocket"]);
    ladder.painted("websocket");
    pass(ladder, 300_000);
    expect([...at(ladder), ladder.why]).toEqual(["websocket", null, null]);
    ladder.choose("vnc");
    expect([...at(ladder), ladder.why, ladder.wantsGateway]).toEqual(["vnc", null, null, false]);
    ladder.choose("auto");
    expect(ladder.trying).toBe("webrtc");
  });

  test("choosing a better way leaves what plays until the better one paints", () => {
    const ladder = make();
    ladder.choose("websocket");
    ladder.serve(ALL);
    ladder.painted("websocket");
    ladder.choose("webrtc");
    expect(at(ladder)).toEqual(["websocket", "webrtc"]);
  });

  test("choosing again forgives what failed", () => {
    const ladder = make();
    ladder.serve(ALL);
    ladder.failed("webrtc", "broke");
    ladder.failed("websocket", "broke too");
    expect([...at(ladder), ladder.why]).toEqual(["vnc", null, "broke too"]);
    ladder.choose("webrtc");
    expect(ladder.trying).toBe("webrtc");
  });
});

describe("an emulated VM", () => {
  test("stays at VNC with the reason, and needs no gateway", () => {
    const ladder = make(true);
    ladder.serve(ALL);
    expect([...at(ladder), ladder.wantsGateway]).toEqual(["vnc", null, false]);
    expect(ladder.why).toBe("this VM is emulated: encoding video in it would slow its browser down");
  });

  test("has video when somebody chooses it", () => {
    const ladder = make(true);
    ladder.choose("webrtc");
    expect(ladder.wantsGateway).toBe(true);
    ladder.serve(ALL);
    expect(ladder.trying).toBe("webrtc");
    ladder.choose("auto");
    expect(at(ladder)).toEqual(["vnc", null]);
  });
});
