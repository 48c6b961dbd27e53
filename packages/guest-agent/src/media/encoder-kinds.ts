import type { VideoCodec } from "@browservm/contract/media/wire";
import type { EncoderRequest } from "./engine.ts";

/** One GStreamer element that makes a codec, told apart from others by how it is set. */
export interface EncoderKind {
  readonly element: string;
  readonly codec: VideoCodec;
  /** Properties that never change, as gst-launch reads them. */
  readonly fixed: string;
  readonly bitrateProperty: string;
  /** The property's unit in bits per second. */
  readonly bitrateUnit: 1 | 1000;
  /** What must come out, where the element could make several things. */
  readonly output?: string;
}

const H264_OUTPUT = "video/x-h264,stream-format=byte-stream,alignment=au,profile=constrained-baseline";

/**
 * The best of each codec first. One thread each: on two busy processors a second one made VP8 eight times as dear. Key
 * frames come only when they are asked for.
 */
const KINDS: readonly EncoderKind[] = [
  {
    element: "vp8enc",
    codec: "vp8",
    // The last line as WebRTC's own encoder has it: a first picture of half the bytes.
    fixed: [
      "deadline=1 cpu-used=8 threads=1 lag-in-frames=0 end-usage=cbr keyframe-max-dist=1000000 static-threshold=100",
      "buffer-size=1000 buffer-initial-size=500 buffer-optimal-size=600 max-intra-bitrate=900",
    ].join(" "),
    bitrateProperty: "target-bitrate",
    bitrateUnit: 1,
  },
  {
    element: "x264enc",
    codec: "h264",
    fixed:
      "tune=zerolatency speed-preset=ultrafast threads=1 sliced-threads=false key-int-max=1000000 vbv-buf-capacity=200",
    bitrateProperty: "bitrate",
    bitrateUnit: 1000,
    output: H264_OUTPUT,
  },
  {
    element: "openh264enc",
    codec: "h264",
    fixed: "complexity=low multi-thread=1 rate-control=bitrate gop-size=0 scene-change-detection=false",
    bitrateProperty: "bitrate",
    bitrateUnit: 1,
    output: H264_OUTPUT,
  },
];

/** What makes that codec here; undefined when nothing does. */
export const kindFor = (codec: VideoCodec, has: (element: string) => boolean): EncoderKind | undefined =>
  KINDS.find((kind) => kind.codec === codec && has(kind.element));

/** The value of the property that says how much may be sent. */
export const bitrateOf = ({ bitrateUnit }: EncoderKind, kbps: number): string =>
  String((kbps * 1000) / bitrateUnit);

/** From pixels at `src` to encoded pictures at `sink`, in gst-launch's words. */
export function pipelineOf(kind: EncoderKind, { width, height, fps, kbps }: EncoderRequest): string {
  const raw = `video/x-raw,format=BGRx,width=${width},height=${height},framerate=${fps}/1`;
  return [
    `appsrc name=src is-live=true format=time max-bytes=0 caps=${raw}`,
    "videoconvert n-threads=1",
    // What both codecs mean where the stream says nothing of it.
    "video/x-raw,format=I420,colorimetry=bt601",
    `${kind.element} name=encoder ${kind.fixed} ${kind.bitrateProperty}=${bitrateOf(kind, kbps)}`,
    ...(kind.output ? [kind.output] : []),
    "appsink name=sink sync=false",
  ].join(" ! ");
}
