import { expect, test } from "vitest";
import { NO_STATS, readRtcStats } from "./rtc-stats.ts";

const video = (part: object) => ({ id: "V", type: "inbound-rtp", kind: "video", ...part });
const audio = { id: "A", type: "inbound-rtp", kind: "audio", bytesReceived: 50, packetsLost: 7 };
const network = [
  { id: "T", type: "transport", selectedCandidatePairId: "P2" },
  { id: "P1", type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.5 },
  { id: "P2", type: "candidate-pair", remoteCandidateId: "R2", currentRoundTripTime: 0.012 },
  { id: "R2", type: "remote-candidate", protocol: "tcp" },
];

test("reads picture and network of the chosen pair; loss and buffer since the report before", () => {
  const before = [
    video({ packetsLost: 100, packetsReceived: 100, jitterBufferDelay: 9, jitterBufferEmittedCount: 10 }),
  ];
  const now = [
    ...network,
    audio,
    video({
      packetsLost: 105,
      packetsReceived: 195,
      framesReceived: 40,
      framesDecoded: 39,
      framesDropped: 1,
      bytesReceived: 1000,
      jitterBufferDelay: 9.3,
      jitterBufferEmittedCount: 40,
    }),
  ];
  const stats = readRtcStats(now, before);
  expect(stats).toMatchObject({ transport: "tcp", received: 40, decoded: 39, dropped: 1, bytes: 1050 });
  expect(stats.loss).toBeCloseTo(0.05);
  expect(stats.rttMs).toBeCloseTo(12);
  expect(stats.jitterBufferMs).toBeCloseTo(10);
});

test("takes the nominated pair where no transport is reported, as in Firefox", () => {
  const [, nominated] = network;
  const remote = { id: "R1", type: "remote-candidate", protocol: "udp" };
  const stats = readRtcStats([{ ...nominated, remoteCandidateId: "R1" }, remote]);
  expect([stats.transport, stats.rttMs]).toEqual(["udp", 500]);
});

test("a relay is told as such, whatever the gateway's end of the pair is", () => {
  const pair = { id: "P", type: "candidate-pair", nominated: true, state: "succeeded" };
  const ends = [
    { id: "L", type: "local-candidate", candidateType: "relay", protocol: "udp" },
    { id: "R", type: "remote-candidate", protocol: "udp" },
  ];
  expect(readRtcStats([{ ...pair, localCandidateId: "L", remoteCandidateId: "R" }, ...ends]).transport).toBe(
    "relay",
  );
});

test("an empty or strange report says nothing", () => {
  expect(readRtcStats([])).toEqual(NO_STATS);
  expect(readRtcStats([video({ framesReceived: "many", packetsLost: -3, packetsReceived: 3 })])).toEqual(
    NO_STATS,
  );
});
