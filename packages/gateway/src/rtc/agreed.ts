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
  for (const [, type, name = ""] of section.matchAll(/^a=rtpmap:(\d+) (\w+)\/90000/gm)) {
    const codec = NAMES[name.toLowerCase()];
    if (!codec || payloadTypes.has(codec)) continue;
    payloadTypes.set(codec, Number(type));
    const rtx = new RegExp(`^a=fmtp:(\\d+) apt=${type}\\s*$`, "m").exec(section)?.[1];
    if (rtx) rtxTypes.set(codec, Number(rtx));
  }
  const extensions = section.matchAll(/^a=extmap:(\d+)(?:\/\w+)? (\S+)/gm);
  const extensionIds = new Map([...extensions].map(([, id, uri = ""]) => [uri, Number(id)] as const));
  return { payloadTypes, rtxTypes, extensionIds };
}
