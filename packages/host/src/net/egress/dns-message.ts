import dnsPacket, { type Answer, type DecodedPacket, type OptAnswer, type Packet } from "dns-packet";

export type { Answer };

/** A message as it was read; the declarations of the library leave the last two out. */
export type DnsMessage = DecodedPacket & { readonly opcode?: string; readonly rcode?: string };

/** Largest message that we read. No question of a browser comes near. */
export const MOST_MESSAGE_BYTES = 4096;
/** What fits through any path (DNS flag day 2020); longer answers are asked for again by TCP. */
const MOST_UDP_BYTES = 1232;
const PLAIN_UDP_BYTES = 512; // RFC 1035, section 2.3.4

const HEADER_BYTES = 12; // this and the next: RFC 1035, section 4.1.1
const COUNTS_AT = [4, 6, 8, 10];
const MOST_RECORDS = 4;

const RECURSION_AVAILABLE = 1 << 7;
const BLOCKED = 15; // extended error, RFC 8914, section 4.16
const EXTENDED_ERROR = 15; // its EDNS option code

/** RFC 1035, section 4.1.1 */
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
export type Rcode = keyof typeof RCODE;

export const isRcode = (text: string): text is Rcode => text in RCODE;

/** A message, or nothing when the bytes are none. */
export function decodeMessage(bytes: Buffer): DnsMessage | undefined {
  if (bytes.length < HEADER_BYTES || bytes.length > 65_535) return undefined;
  try {
    return dnsPacket.decode(bytes);
  } catch {
    return undefined; // whatever a stranger sends that is no DNS
  }
}

/**
 * A question, or nothing. More than a question and its EDNS is nothing that a guest's programs say, and reading it is
 * dear: hundreds of names that all lead to one long name fit into one message.
 */
export function decodeQuestion(bytes: Buffer): DnsMessage | undefined {
  if (bytes.length < HEADER_BYTES || bytes.length > MOST_MESSAGE_BYTES) return undefined;
  const records = COUNTS_AT.reduce((sum, at) => sum + bytes.readUInt16BE(at), 0);
  const message = records > MOST_RECORDS ? undefined : decodeMessage(bytes);
  return message?.flag_qr ? undefined : message;
}

export interface Reply {
  readonly rcode: Rcode;
  readonly answers?: readonly Answer[];
  /** Told to those who speak EDNS. */
  readonly blocked?: string;
}

/** Our answer to a question, with the size that its asker can take (`udp`), or whole. */
export function encodeReply(query: DnsMessage, reply: Reply, transport: "udp" | "tcp"): Buffer {
  const whole = dnsPacket.encode(toPacket(query, reply, 0));
  if (transport === "tcp" || whole.length <= limitOf(query)) return whole;
  const { TRUNCATED_RESPONSE } = dnsPacket;
  return dnsPacket.encode(toPacket(query, { ...reply, answers: [] }, TRUNCATED_RESPONSE));
}

/** A question of our own to a resolver. */
export const encodeQuestion = (id: number, name: string, type: string): Buffer =>
  dnsPacket.encode({
    type: "query",
    id,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ name, type: type as "A", class: "IN" }],
    additionals: [optOf([])],
  });

const findOpt = ({ additionals = [] }: DnsMessage): OptAnswer | undefined =>
  additionals.find((one): one is OptAnswer => one.type === "OPT");

function limitOf(query: DnsMessage): number {
  const told = findOpt(query)?.udpPayloadSize ?? PLAIN_UDP_BYTES;
  return Math.min(Math.max(told, PLAIN_UDP_BYTES), MOST_UDP_BYTES);
}

function toPacket(query: DnsMessage, { rcode, answers = [], blocked }: Reply, flags: number): Packet {
  const options = blocked === undefined ? [] : [{ code: EXTENDED_ERROR, data: extendedError(blocked) }];
  return {
    type: "response",
    id: query.id ?? 0,
    flags: flags | (query.flag_rd ? dnsPacket.RECURSION_DESIRED : 0) | RECURSION_AVAILABLE | RCODE[rcode],
    questions: (query.questions ?? []).slice(0, 1),
    answers: [...answers],
    additionals: findOpt(query) ? [optOf(options)] : [],
  };
}

function extendedError(text: string): Buffer {
  const code = Buffer.alloc(2);
  code.writeUInt16BE(BLOCKED);
  return Buffer.concat([code, Buffer.from(text, "utf8")]);
}

const optOf = (options: ReadonlyArray<{ code: number; data: Buffer }>): OptAnswer =>
  ({
    type: "OPT",
    name: ".",
    udpPayloadSize: MOST_UDP_BYTES,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [...options],
  }) as unknown as OptAnswer; // the declaration knows only options by name
