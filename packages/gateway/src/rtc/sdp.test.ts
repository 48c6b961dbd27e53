import { expect, test } from "vitest";
import { announcedAddresses, listenHost } from "./announced-addresses.ts";
import { announcedAnswer, cleanOffer, hasChannels } from "./sdp.ts";

const HEAD = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
const VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 10.0.0.9\r\na=mid:0\r\n";
const CHANNELS = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";

test("an answer names our port only, as a lite agent", () => {
  const candidates = "a=candidate:x 1 udp 9 127.0.0.1 5555 typ host\r\na=end-of-candidates\r\n";
  const sdp = announcedAnswer(HEAD + VIDEO + candidates, ["203.0.113.7", "10.0.0.9"], 4001);
  expect(sdp.split("\r\n").slice(4, -1)).toEqual([
    "a=ice-lite",
    "m=video 4001 UDP/TLS/RTP/SAVPF 96",
    "c=IN IP4 0.0.0.0",
    "a=mid:0",
    "a=candidate:1 1 udp 2130706431 203.0.113.7 4001 typ host",
    "a=candidate:2 1 tcp 1526726655 203.0.113.7 4001 typ host tcptype passive",
    "a=candidate:3 1 udp 2130706175 10.0.0.9 4001 typ host",
    "a=candidate:4 1 tcp 1526726399 10.0.0.9 4001 typ host tcptype passive",
    "a=end-of-candidates",
  ]);
  expect(announcedAnswer(`${HEAD}m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n`, ["10.0.0.9"], 4001)).toContain(
    "m=audio 0 ",
  );
});

test("an offer loses its candidates, and is refused when it is none of ours", () => {
  const line = "a=candidate:1 1 udp 1 192.168.7.7 9 typ host\r\n";
  expect(cleanOffer(HEAD + VIDEO + line)).toBe(HEAD + VIDEO);
  expect(cleanOffer(HEAD + VIDEO + CHANNELS)).toBe(HEAD + VIDEO + CHANNELS);
  expect([hasChannels(HEAD + VIDEO), hasChannels(HEAD + VIDEO + CHANNELS)]).toEqual([false, true]);
  for (const sdp of [
    "",
    "v=0",
    "junk",
    HEAD + VIDEO.repeat(5),
    `${HEAD}m=application 9 UDP/DTLS/SCTP x\r\n`,
    HEAD + VIDEO + CHANNELS.repeat(2),
    HEAD + VIDEO + line.repeat(1000),
  ])
    expect(() => cleanOffer(sdp)).toThrow(Error);
});

test("the port is where the API is unless told otherwise, and announced as what was set", () => {
  const media = { announce: [] as string[], listen: "" };
  const config = { listen: "[::1]:4000", media } as unknown as Parameters<typeof listenHost>[0];
  expect(listenHost(config)).toBe("::1");
  expect(announcedAddresses(media, "10.1.2.3")).toEqual(["10.1.2.3"]);
  expect(announcedAddresses({ announce: ["bvm.example"] }, "0.0.0.0")).toEqual(["bvm.example"]);
  expect(announcedAddresses(media, "0.0.0.0")).toContain("127.0.0.1");
});

test("a section that Firefox offers in a bundle only is not refused for its port", () => {
  const audio = (port: number) => `m=audio ${port} UDP/TLS/RTP/SAVPF 109\r\nc=IN IP4 0.0.0.0\r\n`;
  expect(cleanOffer(`${HEAD}${VIDEO}${audio(0)}a=bundle-only\r\na=mid:1\r\n`)).toBe(
    `${HEAD}${VIDEO}${audio(9)}a=mid:1\r\n`,
  );
  expect(cleanOffer(`${HEAD}${VIDEO}${audio(0)}a=mid:1\r\n`)).toBe(`${HEAD}${VIDEO}${audio(0)}a=mid:1\r\n`);
});
