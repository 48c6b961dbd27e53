import type { VideoCodec } from "@browservm/contract";

const SPS = 7;

/** What WebCodecs calls the codec of a key frame; H.264 says its profile and level in its SPS. Undefined without one. */
export function codecString(codec: VideoCodec, keyFrame: Uint8Array): string | undefined {
  if (codec === "vp8") return "vp8";
  for (let at = 0; at + 6 < keyFrame.length; at += 1) {
    const isStart = keyFrame[at] === 0 && keyFrame[at + 1] === 0 && keyFrame[at + 2] === 1;
    if (!isStart || ((keyFrame[at + 3] ?? 0) & 0x1f) !== SPS) continue;
    const hex = [...keyFrame.subarray(at + 4, at + 7)].map((byte) => byte.toString(16).padStart(2, "0"));
    return `avc1.${hex.join("")}`;
  }
  return undefined;
}
