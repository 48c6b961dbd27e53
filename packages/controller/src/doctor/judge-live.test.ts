import { type DoctorFinding, type DoctorReport, makeId, type StreamReport, VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { LIVE_CHECKS } from "./checks.ts";
import { withLive } from "./judge-live.ts";
import { pictureOf, RTC, VIEWER } from "./testing/healthy-live.ts";

const AT = "2026-11-27T12:00:00.000Z";
const vmId = VmId.parse(makeId("vm", new Uint8Array(20)));
const host: DoctorReport = {
  version: 1,
  runId: "r",
  at: AT,
  subject: "vm",
  vmId,
  verdict: "healthy",
  rootCauses: [],
  findings: [],
  lastSeen: [],
  timing: { snapshotMs: 1, probeMs: 1, totalMs: 2 },
};
const broken = (code: string, suppressedBy: string[] = []): DoctorFinding => ({
  code,
  layer: "guest",
  title: "x",
  verdict: "fail",
  vmId,
  cause: "x",
  evidence: [],
  suppressedBy,
});
const seeing = (report: StreamReport, of: DoctorReport = host) => withLive(of, { gateway: { report } });
const warned = ({ findings }: DoctorReport) =>
  findings
    .filter(({ verdict, suppressedBy }) => verdict === "warn" && suppressedBy.length === 0)
    .map(({ code }) => code);
const fallen = { rung: "vnc", transport: null, sent: 0, stats: null } as const;
const unreached = { checks: { udp: 0, tcp: 0 }, udpAgoMs: null } as const;
const gone = { state: "failed", silentMs: null, captured: 0, encoded: 0 } as const;
const told = (code: string) => ({ state: "failed", problem: { code, message: "its words" } }) as const;
const away = { ...gone, problem: { code: "STREAM_REFUSED", message: "no answer in time" } };
const stats = (part: object) => ({ stats: { ...VIEWER.stats, ...part } as NonNullable<typeof VIEWER.stats> });

describe("a picture that travels", () => {
  test.each([
    ["by WebRTC", pictureOf()],
    ["by WebSocket", pictureOf({}, { rung: "websocket", transport: null, codecs: ["vp8"] })],
    ["to nobody", { ...pictureOf(null), viewers: [] }],
    ["to who wants VNC", pictureOf(null, { ...fallen, wants: "vnc", offers: 0 })],
    [
      "to who only begins",
      pictureOf({ wantedMs: 900, captured: 0, encoded: 0 }, { ...fallen, rung: "webrtc", rungMs: 900 }),
    ],
    ["without WebRTC", { ...pictureOf({}, { rung: "websocket", transport: null, offers: 0 }), rtc: null }],
    [
      "over a still screen",
      pictureOf(
        { captured: 900, unchanged: 899, encoded: 1 },
        { sent: 1, ...stats({ received: 1, decoded: 1, painted: 1 }) },
      ),
    ],
  ])("%s is in order: nothing is blamed, and nothing warned of", (_, report) => {
    const { verdict, findings } = seeing(report);
    expect(findings.filter((one) => one.verdict !== "pass" && one.verdict !== "skip")).toEqual([]);
    expect(verdict).toBe("healthy");
    expect(findings).toHaveLength(LIVE_CHECKS.length);
  });
});

describe("a picture that does not", () => {
  test.each<[string, StreamReport, string]>([
    [
      "the image has no media",
      pictureOf({ ...gone, problem: { code: "STREAM_UNAVAILABLE", message: "x" } }, fallen),
      "live-image-without-media",
    ],
    ["the helper ends again and again", pictureOf({ ...away, losses: 3 }, fallen), "live-helper-restarting"],
    ["the guest does not take the stream", pictureOf(away, fallen), "live-stream-lost"],
    ["the guest never says hello", pictureOf({ ...gone, state: "starting" }, fallen), "live-stream-lost"],
    ["the guest says nothing any more", pictureOf({ silentMs: 9000 }), "live-guest-silent"],
    ["the display is gone", pictureOf(told("NO_DISPLAY"), fallen), "live-display-gone"],
    ["the display ends again and again", pictureOf({ displayLosses: 2 }), "live-display-gone"],
    [
      "the screen is never read",
      pictureOf({ captured: 0, unchanged: 0, encoded: 0 }, fallen),
      "live-not-captured",
    ],
    ["there is no encoder", pictureOf(told("NO_ENCODER"), fallen), "live-encoder-dead"],
    ["the encoder failed", pictureOf(told("ENCODER_FAILED"), fallen), "live-encoder-dead"],
    ["the encoder gives nothing", pictureOf({ encoded: 0 }, fallen), "live-encoder-dead"],
    [
      "the port is taken",
      {
        ...pictureOf({}, { rung: "websocket", transport: null, offers: 0 }),
        rtc: { ...RTC, problem: "EADDRINUSE" },
      },
      "live-port-closed",
    ],
    [
      "no packet comes, and VNC is what is left",
      pictureOf({}, { ...fallen, ...unreached }),
      "live-port-blocked",
    ],
    [
      "another machine is announced",
      {
        ...pictureOf({}, { ...fallen, ...unreached }),
        rtc: { ...RTC, addresses: [{ address: "203.0.113.9", isLocal: false }] },
      },
      "live-announced-address",
    ],
    [
      "only loopback is announced",
      {
        ...pictureOf({}, { ...fallen, ...unreached }),
        rtc: { ...RTC, addresses: [{ address: "127.0.0.1", isLocal: true }] },
      },
      "live-announced-address",
    ],
    [
      "no codec is common",
      pictureOf(
        { codec: "h264" },
        { codecs: ["vp8"], sent: 0, ...stats({ received: 0, decoded: 0, painted: 0 }) },
      ),
      "live-no-common-codec",
    ],
    [
      "one never reads",
      pictureOf({}, { rung: "websocket", transport: null, stuckMs: 8000, ...stats({ painted: 0 }) }),
      "live-viewer-stuck",
    ],
    ["nothing is sent", pictureOf({}, { sent: 0, stats: null }), "live-not-sent"],
    ["nothing arrives", pictureOf({}, stats({ received: 0, decoded: 0, painted: 0 })), "live-not-received"],
    ["nothing is decoded", pictureOf({}, stats({ decoded: 0, painted: 0 })), "live-not-decoded"],
    ["nothing is painted", pictureOf({}, stats({ painted: 0 })), "live-not-painted"],
    ["all ways failed, and it is not known why", pictureOf({}, fallen), "live-video-missing"],
  ])("because %s, is put down to that alone", (_, report, code) => {
    const judged = seeing(report);
    expect(judged.rootCauses).toEqual([code]);
    expect(judged.verdict).toBe("faults");
    const finding = judged.findings.find((one) => one.code === code);
    expect(finding?.cause).toMatch(/\.$/);
    expect(finding?.evidence[0]).toMatchObject({ source: "gateway", at: AT });
    expect(finding?.fix?.text).not.toBe("");
  });

  test("because there is no gateway, is put down to that, and nothing else could be looked at", () => {
    const judged = withLive(host, { gateway: { down: "ENOENT", log: "/state/logs/gateway.log" } });
    expect(judged.rootCauses).toEqual(["live-gateway-down"]);
    const [first] = judged.findings;
    expect(first?.fix?.commands).toEqual(["tail -n 50 /state/logs/gateway.log"]);
    const others = judged.findings.filter(({ code }) => code !== "live-gateway-down");
    for (const { verdict, suppressedBy } of others)
      expect([verdict, suppressedBy]).toEqual(["unknown", ["live-gateway-down"]]);
  });
});

describe("what costs a viewer no picture", () => {
  test.each<[string, StreamReport, string]>([
    [
      "UDP is dropped",
      pictureOf({}, { transport: "tcp", checks: { udp: 0, tcp: 9 }, udpAgoMs: null }),
      "live-udp-blocked",
    ],
    [
      "both are, and WebSocket goes",
      pictureOf({}, { rung: "websocket", transport: null, ...unreached }),
      "live-port-blocked",
    ],
    ["one of two never reads", pictureOf({}, {}, { rung: "websocket", stuckMs: 8000 }), "live-viewer-stuck"],
  ])("%s: is warned of, and the report stays healthy", (_, report, code) => {
    const judged = seeing(report);
    expect(warned(judged)).toEqual([code]);
    expect(judged.verdict).toBe("healthy");
  });

  test("who hides its tab, or wants VNC, is not told that something is missing", () => {
    const judged = seeing(pictureOf({}, { ...fallen, wants: "vnc", ...unreached }));
    expect([judged.verdict, warned(judged)]).toEqual(["healthy", ["live-port-blocked"]]);
  });
});

describe("joined with what hostd saw", () => {
  test("a frozen guest is the cause, and its silent picture a symptom", () => {
    const of = { ...host, verdict: "faults" as const, rootCauses: ["vmm-stopped"] };
    const findings = [broken("vmm-stopped"), broken("guest-silent", ["vmm-stopped"])];
    const judged = seeing(pictureOf({ silentMs: 9000 }), { ...of, findings });
    expect(judged.rootCauses).toEqual(["vmm-stopped"]);
    expect(judged.findings.find(({ code }) => code === "live-guest-silent")?.suppressedBy).toEqual([
      "vmm-stopped",
    ]);
  });

  test("a browser that died with its display is the display's symptom", () => {
    const findings = [broken("browser-dead")];
    const judged = seeing(pictureOf(told("NO_DISPLAY"), fallen), { ...host, findings });
    expect(judged.rootCauses).toEqual(["live-display-gone"]);
    expect(judged.findings.find(({ code }) => code === "browser-dead")?.suppressedBy).toEqual([
      "live-display-gone",
    ]);
    // A display that is well explains nothing.
    expect(seeing(pictureOf(), { ...host, findings }).rootCauses).toEqual(["browser-dead"]);
  });

  test("faults that have nothing to do with each other are both named", () => {
    const findings = [broken("guest-disk-full")];
    const judged = seeing(pictureOf(told("NO_ENCODER"), fallen), { ...host, findings });
    expect(judged.rootCauses).toEqual(["guest-disk-full", "live-encoder-dead"]);
  });

  test("a report of the whole host tells of the gateway, and of nobody's picture", () => {
    const { vmId: _, ...whole } = host;
    const judged = withLive({ ...whole, subject: "host" }, { gateway: { report: pictureOf(null) } });
    expect(judged.findings.map(({ code }) => code)).toEqual(["live-gateway-down", "live-port-closed"]);
    expect(judged.findings.map((one) => one.vmId)).toEqual([undefined, undefined]);
  });

  test("a viewer's and a guest's words are cleaned and cut", () => {
    const message = `\u001b[31m${"x".repeat(5000)}`;
    const judged = seeing(
      pictureOf({ ...told("ENCODER_FAILED"), problem: { code: "ENCODER_FAILED", message } }),
    );
    const cause = judged.findings.find(({ code }) => code === "live-encoder-dead")?.cause ?? "";
    expect(cause.length).toBeLessThanOrEqual(1000);
    expect(cause).not.toContain("\u001b");
  });
});
