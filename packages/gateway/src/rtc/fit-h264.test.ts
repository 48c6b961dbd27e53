import { expect, test } from "vitest";
import { fitH264 } from "./fit-h264.ts";

const PLAIN = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f";
const SINGLE = "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f";
const CONSTRAINED = "profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1";

const formats = (type: number, terms: string) => [
  `a=rtpmap:${type} H264/90000`,
  `a=rtcp-fb:${type} nack pli`,
  `a=fmtp:${type} ${terms}`,
  `a=rtpmap:${type + 1} rtx/90000`,
  `a=fmtp:${type + 1} apt=${type}`,
];
const VP8 = ["a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96", "a=recvonly"];
const section = (numbers: string, ...lines: readonly string[]) => [
  `m=video 9 UDP/TLS/RTP/SAVPF 96 97${numbers}`,
  ...VP8,
  ...lines,
];

test("of the H.264 that a browser offers, constrained baseline in packets of mode 1 is left", () => {
  const offer = section(
    " 100 101 102 103 104 105 106 107",
    ...formats(100, SINGLE),
    ...formats(102, PLAIN),
    ...formats(104, CONSTRAINED),
    ...formats(106, CONSTRAINED),
  );
  expect(fitH264(offer)).toEqual(section(" 104 105", ...formats(104, CONSTRAINED)));
});

test("another profile is taken where there is none, and no mode but 1", () => {
  const offer = section(" 100 101 102 103", ...formats(100, SINGLE), ...formats(102, PLAIN));
  expect(fitH264(offer)).toEqual(section(" 102 103", ...formats(102, PLAIN)));
  expect(fitH264(section(" 100 101", ...formats(100, SINGLE)))).toEqual(section(""));
  expect(fitH264(section(" 100", "a=rtpmap:100 H264/90000"))).toEqual(section(""));
});

test("what has no H.264, or nothing else, stays as it is", () => {
  const sound = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 useinbandfec=1"];
  expect(fitH264(sound)).toEqual(sound);
  const only = ["m=video 9 UDP/TLS/RTP/SAVPF 100 101", ...formats(100, SINGLE)];
  expect(fitH264(only)).toEqual(only);
  expect(fitH264(["v=0", "s=-"])).toEqual(["v=0", "s=-"]);
});
