import { MAX_CANDIDATES } from "@browservm/contract";
import { fitH264 } from "./fit-h264.ts";

const MAX_SECTIONS = 4;

const CHANNELS = /^m=application \d+ (UDP|TCP)\/DTLS\/SCTP webrtc-datachannel$/m;

/** Whether the viewer offers data channels. */
export const hasChannels = (sdp: string): boolean => CHANNELS.test(sdp.replaceAll("\r\n", "\n"));

/** What our side of a connection is called in checks. */
export interface IceCredentials {
  readonly ufrag: string;
  readonly password: string;
}

/**
 * A viewer's offer without its candidates, for we never go to it: it comes to us; and without H.264 that is not ours.
 * Throws Error, in words for people, for what is no offer to receive picture and sound.
 */
export function cleanOffer(sdp: string): string {
  const lines = sdp.split(/\r?\n/);
  const sections = lines.filter((line) => line.startsWith("m="));
  if (!sdp.startsWith("v=0") || sections.length === 0) throw new Error("this is no SDP with media");
  if (sections.length > MAX_SECTIONS) throw new Error(`at most ${MAX_SECTIONS} media sections are taken`);
  if (sections.some((line) => !/^m=(audio|video) /.test(line) && !CHANNELS.test(line)))
    throw new Error("only picture, sound and data channels are offered here");
  if (sections.filter((line) => CHANNELS.test(line)).length > 1)
    throw new Error("data channels are offered once");
  if (lines.filter((line) => line.startsWith("a=candidate:")).length > MAX_CANDIDATES)
    throw new Error(`at most ${MAX_CANDIDATES} candidates are taken`);
  const kept = lines.filter(
    (line) => line !== "" && !/^a=(candidate|end-of-candidates|ice-options)/.test(line),
  );
  const parts = splitBefore(kept, (line) => line.startsWith("m=")).flatMap((part) => fitH264(bundled(part)));
  return `${parts.join("\r\n")}\r\n`;
}

/** Firefox gives a section of a bundle the port 0, which is no refusal there (RFC 9143, 6); the library takes it for one. */
function bundled(section: readonly string[]): readonly string[] {
  if (!section.includes("a=bundle-only")) return section;
  return section
    .filter((line) => line !== "a=bundle-only")
    .map((line) => line.replace(/^(m=\w+) 0 /, "$1 9 "));
}

/** The library's answer with our port in the place of its own candidates, as a lite agent (RFC 8445, 2.5). */
export function announcedAnswer(sdp: string, addresses: readonly string[], port: number): string {
  const lines = sdp
    .split(/\r?\n/)
    .filter((line) => line !== "" && !/^a=(candidate|end-of-candidates|ice-options|ice-lite)/.test(line));
  const [head = [], ...sections] = splitBefore(lines, (line) => line.startsWith("m="));
  const candidates = candidateLines(addresses, port);
  const parts = [
    ...head,
    "a=ice-lite",
    ...sections.flatMap((section) => announce(section, candidates, port)),
  ];
  return `${parts.join("\r\n")}\r\n`;
}

/** Throws Error when the library left them out. */
export function credentialsOf(sdp: string): IceCredentials {
  const ufrag = /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];
  const password = /^a=ice-pwd:(\S+)/m.exec(sdp)?.[1];
  if (!ufrag || !password) throw new Error("an SDP without credentials for ICE");
  return { ufrag, password };
}

/** The loopback port on which the library listens. Throws Error when there is none. */
export function loopbackPort(sdp: string): number {
  const port = /^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) typ host/im.exec(sdp)?.[1];
  if (!port) throw new Error("an SDP without a candidate on loopback");
  return Number(port);
}

/** UDP first; TCP where a firewall lets nothing else through (RFC 6544). */
function candidateLines(addresses: readonly string[], port: number): string[] {
  return addresses.flatMap((address, index) => {
    const preference = 65_535 - index;
    const udp = 126 * 2 ** 24 + preference * 256 + 255;
    const tcp = 90 * 2 ** 24 + preference * 256 + 255;
    return [
      `a=candidate:${2 * index + 1} 1 udp ${udp} ${address} ${port} typ host`,
      `a=candidate:${2 * index + 2} 1 tcp ${tcp} ${address} ${port} typ host tcptype passive`,
    ];
  });
}

function announce(section: readonly string[], candidates: readonly string[], port: number): string[] {
  const [media = "", ...rest] = section;
  if (/^m=\w+ 0 /.test(media)) return [...section]; // rejected
  const ours = media.replace(/^(m=\w+) \d+ /, `$1 ${port} `);
  return [
    ours,
    ...rest.map((line) => (line.startsWith("c=") ? "c=IN IP4 0.0.0.0" : line)),
    ...candidates,
    "a=end-of-candidates",
  ];
}

function splitBefore(lines: readonly string[], isStart: (line: string) => boolean): string[][] {
  const parts: string[][] = [[]];
  for (const line of lines) {
    if (isStart(line)) parts.push([]);
    parts.at(-1)?.push(line);
  }
  return parts;
}
