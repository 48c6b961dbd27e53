import { expect, test } from "vitest";
import { agreedOn } from "./agreed.ts";

const ANSWER = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=rtpmap:111 opus/48000/2",
  "a=extmap:3 urn:of-the-sound",
  "m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 39",
  "a=rtpmap:96 VP8/90000",
  "a=rtpmap:97 rtx/90000",
  "a=fmtp:97 apt=96",
  "a=rtpmap:103 H264/90000",
  "a=fmtp:103 packetization-mode=1",
  "a=rtpmap:104 rtx/90000",
  "a=fmtp:104 apt=99",
  "a=rtpmap:39 H264/90000",
  "a=extmap:5 urn:of-the-picture",
  "",
].join("\r\n");

test("numbers of codecs, of what is sent again, and of extensions are those of the picture's section", () => {
  const { payloadTypes, rtxTypes, extensionIds } = agreedOn(ANSWER);
  expect([...payloadTypes]).toEqual([
    ["vp8", 96],
    ["h264", 103],
  ]);
  expect([...rtxTypes]).toEqual([["vp8", 97]]);
  expect([...extensionIds]).toEqual([["urn:of-the-picture", 5]]);
  expect(agreedOn("v=0\r\n").payloadTypes.size).toBe(0);
});
