/** Baseline, of which constraint_set1_flag says that it is the constrained one (H.264, A.2.1). */
const BASELINE = 0x42;
const CONSTRAINED = 0x40;
/** What a line of SDP says of one format. */
const OF_FORMAT = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /;

/**
 * A section of an offer with no more H.264 than the one format that fits best. Browsers offer several, of which the
 * library takes the first: our packets are those of mode 1 only, and our pictures constrained baseline, which decoders of
 * other profiles take too (RFC 6184, 8.1).
 */
export function fitH264(section: readonly string[]): readonly string[] {
  const offered = section.flatMap((line) => /^a=rtpmap:(\d+) H264\/90000$/i.exec(line)?.[1] ?? []);
  const best = offered
    .map((type) => ({ type, fit: fitOf(section, type) }))
    .filter(({ fit }) => fit > 0)
    .sort((a, b) => b.fit - a.fit)[0]?.type;
  return without(section, new Set(offered.filter((type) => type !== best)));
}

/** 0: not at all. */
function fitOf(section: readonly string[], type: string): 0 | 1 | 2 {
  const terms = section.find((line) => line.startsWith(`a=fmtp:${type} `)) ?? "";
  if (!/[ ;]packetization-mode=1(?:;|$)/.test(terms)) return 0;
  const [, profile = "", flags = ""] = /[ ;]profile-level-id=(..)(..)/.exec(terms) ?? [];
  const isConstrained =
    Number.parseInt(profile, 16) === BASELINE && (Number.parseInt(flags, 16) & CONSTRAINED) !== 0;
  return isConstrained ? 2 : 1;
}

/** Leaves these formats out, and those that send their packets again. */
function without(section: readonly string[], types: ReadonlySet<string>): readonly string[] {
  const again = section.map((line) => /^a=fmtp:(\d+) apt=(\d+)$/.exec(line) ?? []);
  const left = new Set([
    ...types,
    ...again.flatMap(([, type = "", of = ""]) => (types.has(of) ? [type] : [])),
  ]);
  const [media = "", ...lines] = section;
  const [kind = "", port = "", protocol = "", ...formats] = media.split(" ");
  const kept = formats.filter((type) => !left.has(type));
  if (kept.length === 0) return section; // nothing fits: the library refuses what it does not know
  return [
    [kind, port, protocol, ...kept].join(" "),
    ...lines.filter((line) => !left.has(OF_FORMAT.exec(line)?.[1] ?? "")),
  ];
}
