import { type Attributes, ipv4Text, parseAttributes, readText, readU32 } from "./netlink-message.ts";
import { isRefusedWith, type NetlinkSocket } from "./netlink-socket.ts";

const RTM_GETRULE = 34; // linux/rtnetlink.h
// linux/fib_rules.h, as all below.
const FRA = {
  DST: 1,
  SRC: 2,
  IIFNAME: 3,
  PRIORITY: 6,
  FWMARK: 10,
  TABLE: 15,
  OIFNAME: 17,
  SUPPRESS_PREFIXLEN: 14,
  UID_RANGE: 20,
  IP_PROTO: 22,
} as const;
const NARROWING = [FRA.FWMARK, FRA.OIFNAME, FRA.UID_RANGE, FRA.IP_PROTO] as const;
const NOTHING_SUPPRESSED = 0xffff_ffff; // -1
const FIB_RULE_INVERT = 2;
const ACTIONS: ReadonlyMap<number, string> = new Map([
  [2, "goto"],
  [3, "nop"],
  [6, "blackhole"],
  [7, "unreachable"],
  [8, "prohibit"],
]);
const FIB_RULE_HDR_BYTES = 12; // sizeof(struct fib_rule_hdr)
const AF_INET = 2;

/** The kernel's own three: to `local` first, to `main` and `default` last (fib_default_rules_init, fib_rules.c). */
const KERNELS_OWN: ReadonlyMap<number, number> = new Map([
  [0, 255],
  [32_766, 254],
  [32_767, 253],
]);

/** One policy routing rule (RTM_GETRULE) that is not among the kernel's own three. */
export interface RuleFacts {
  readonly priority: number;
  /** 0 when it sends to no table (blackhole, goto, …). */
  readonly table: number;
  /** Input link, source, destination as far as the rule names them. */
  readonly iif?: string;
  readonly from?: string;
  readonly to?: string;
  /** What it does instead of a look-up: "goto", "nop", "blackhole", "unreachable", "prohibit". */
  readonly action?: string;
  /** Only some packets are meant: by mark, user, protocol or output link, or it is inverted. */
  readonly selective?: boolean;
  /** Routes of the table with this prefix length or a shorter one do not count (suppress_prefixlength). */
  readonly suppressPrefixLength?: number;
  /** In the words of `ip rule`. */
  readonly words: string;
}

/** The IPv4 rules of the current namespace; none where the kernel has no policy routing. */
export function listRules(netlink: NetlinkSocket): RuleFacts[] {
  const payload = Buffer.alloc(FIB_RULE_HDR_BYTES);
  payload.writeUInt8(AF_INET, 0);
  try {
    return netlink
      .dump({ type: RTM_GETRULE, payload, doing: "list routing rules" })
      .flatMap(({ payload: answer }) => decodeRule(answer) ?? []);
  } catch (error) {
    if (isRefusedWith(error, "EOPNOTSUPP")) return []; // no CONFIG_IP_MULTIPLE_TABLES
    throw error;
  }
}

/** undefined: one of the kernel's own. */
export function decodeRule(payload: Buffer): RuleFacts | undefined {
  const attributes = parseAttributes(payload.subarray(FIB_RULE_HDR_BYTES));
  const action = ACTIONS.get(payload.readUInt8(7));
  const table = action ? 0 : (readU32(attributes, FRA.TABLE) ?? payload.readUInt8(4));
  const priority = readU32(attributes, FRA.PRIORITY) ?? 0;
  const named = {
    ...rangeOf(attributes, "from", FRA.SRC, payload.readUInt8(2)),
    ...rangeOf(attributes, "to", FRA.DST, payload.readUInt8(1)),
    ...textOf(attributes, "iif", FRA.IIFNAME),
  };
  const selectors = [
    ...Object.entries({ from: "all", ...named }).map(([key, value]) => `${key} ${value}`),
    ...Object.entries(textOf(attributes, "oif", FRA.OIFNAME)).map(([key, value]) => `${key} ${value}`),
    ...(attributes.has(FRA.FWMARK)
      ? [`fwmark 0x${(readU32(attributes, FRA.FWMARK) ?? 0).toString(16)}`]
      : []),
    ...(attributes.has(FRA.UID_RANGE) ? ["uidrange"] : []),
    ...(attributes.has(FRA.IP_PROTO) ? ["ipproto"] : []),
  ];
  const isInverted = (payload.readUInt32LE(8) & FIB_RULE_INVERT) !== 0;
  if (!isInverted && selectors.length === 1 && !named.from && KERNELS_OWN.get(priority) === table)
    return undefined;
  const isSelective = isInverted || NARROWING.some((type) => attributes.has(type));
  const suppressed = readU32(attributes, FRA.SUPPRESS_PREFIXLEN) ?? NOTHING_SUPPRESSED;
  const words = `${priority}: ${isInverted ? "not " : ""}${selectors.join(" ")} ${action ?? `lookup ${table}`}`;
  return {
    priority,
    table,
    ...named,
    ...(action ? { action } : {}),
    ...(isSelective ? { selective: true } : {}),
    ...(suppressed === NOTHING_SUPPRESSED ? {} : { suppressPrefixLength: suppressed }),
    words,
  };
}

function rangeOf<K extends string>(attributes: Attributes, key: K, type: number, bits: number) {
  const address = attributes.get(type);
  if (!address) return {} as { [key in K]?: string };
  return { [key]: bits === 32 ? ipv4Text(address) : `${ipv4Text(address)}/${bits}` } as {
    [key in K]?: string;
  };
}

function textOf<K extends string>(attributes: Attributes, key: K, type: number) {
  const value = readText(attributes, type);
  return (value === undefined ? {} : { [key]: value }) as { [key in K]?: string };
}
