import type { VideoCodec } from "@browservm/contract";

export const PLAYOUT_DELAY_URI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";

/** What an answer agreed on for the picture. */
export interface Agreed {
  /** By which number packets of a codec go. */
  readonly payloadTypes: ReadonlyMap<VideoCodec, number>;
  /** By which number those that are sent again go; none: as they were. */
  readonly rtxTypes: ReadonlyMap<VideoCodec, number>;
  /** Of extensions, by their URI. */
  readonly extensionIds: ReadonlyMap<string, number>;
}

const NAMES: Readonly<Record<string, VideoCodec>> = { vp8: "vp8", h264: "h264" };

/** Reads the picture's section of an answer. */
export function agreedOn(answer: string): Agreed {
  const section = answer.split(/^(?=m=)/m).find((part) => part.startsWith("m=video ")) ?? "";
  const payloadTypes = new Map<VideoCodec, number>();
  const rtxTypes = new Map<VideoCodec, number>();
  const best = new Map<VideoCodec, number>();
  for (const [, type = "", name = ""] of section.matchAll(/^a=rtpmap:(\d+) (\w+)\/90000/gm)) {
    const codec = NAMES[name.toLowerCase()];
    const fits = codec ? fitOf(codec, section, type) : 0;
    if (!codec || fits <= (best.get(codec) ?? 0)) continue;
    best.set(codec, fits);
    payloadTypes.set(codec, Number(type));
    rtxTypes.delete(codec);
    const rtx = new RegExp(`^a=fmtp:(\\d+) apt=${type}\\s*$`, "m").exec(section)?.[1];
    if (rtx) rtxTypes.set(codec, Number(rtx));
  }
  const extensions = section.matchAll(/^a=extmap:(\d+)(?:\/\w+)? (\S+)/gm);
  const extensionIds = new Map([...extensions].map(([, id, uri = ""]) => [uri, Number(id)] as const));
  return { payloadTypes, rtxTypes, extensionIds };
}

/** Baseline, of which constraint_set1_flag says that it is the constrained one (H.264, A.2.1). */
const BASELINE = 0x42;
const CONSTRAINED = 0x40;

/**
 * How well a format fits what we send, 0 for not at all. A browser offers H.264 several times: our packets are those of
 * mode 1 only, and our pictures constrained baseline, which decoders of other profiles take too (RFC 6184, 8.1).
 */
function fitOf(codec: VideoCodec, section: string, type: string): number {
  if (codec !== "h264") return 1;
  const terms = new RegExp(`^a=fmtp:${type} (.*)$`, "m").exec(section)?.[1] ?? "";
  if (!/(?:^|;)\s*packetization-mode=1\b/.test(terms)) return 0;
  const [, profile = "", flags = ""] = /profile-level-id=(..)(..)/.exec(terms) ?? [];
  const isConstrained =
    Number.parseInt(profile, 16) === BASELINE && (Number.parseInt(flags, 16) & CONSTRAINED) !== 0;
  return isConstrained ? 2 : 1;
}
