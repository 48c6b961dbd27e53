import { createHmac, timingSafeEqual } from "node:crypto";
import { isIPv4 } from "node:net";
import { crc32 } from "node:zlib";

const HEADER_BYTES = 20;
const MAGIC = 0x2112_a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const XOR_MAPPED_ADDRESS = 0x0020;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;
/** RFC 8489, 14.7. */
const FINGERPRINT_XOR = 0x5354_554e;
const INTEGRITY_BYTES = 20;
const MAX_ATTRIBUTES = 32;
const MAX_USERNAME_BYTES = 513;

/** A connectivity check of ICE (RFC 8445 on RFC 8489), read but not yet believed. */
export interface BindingRequest {
  readonly bytes: Buffer;
  /** The part of USERNAME that names our side. */
  readonly ufrag: string;
  /** It nominates the way that it came by. */
  readonly nominates: boolean;
  /** Where MESSAGE-INTEGRITY begins. */
  readonly integrityAt: number;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Undefined for anything else, however it is made. */
export function parseBindingRequest(bytes: Buffer): BindingRequest | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readUInt16BE(0) !== BINDING_REQUEST) return undefined;
  if (bytes.readUInt32BE(4) !== MAGIC || bytes.readUInt16BE(2) + HEADER_BYTES !== bytes.length)
    return undefined;
  let ufrag: string | undefined;
  let nominates = false;
  let at = HEADER_BYTES;
  for (let count = 0; count < MAX_ATTRIBUTES && at + 4 <= bytes.length; count += 1) {
    const type = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    const value = bytes.subarray(at + 4, at + 4 + length);
    if (value.length !== length) return undefined;
    if (type === USERNAME && length <= MAX_USERNAME_BYTES) [ufrag] = value.toString("latin1").split(":");
    if (type === USE_CANDIDATE) nominates = true;
    if (type === MESSAGE_INTEGRITY)
      return ufrag && length === INTEGRITY_BYTES ? { bytes, ufrag, nominates, integrityAt: at } : undefined;
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return undefined; // without MESSAGE-INTEGRITY nothing is believed
}

/** Whether who sent it knows the password. */
export function isGenuine({ bytes, integrityAt }: BindingRequest, password: string): boolean {
  const given = bytes.subarray(integrityAt + 4, integrityAt + 4 + INTEGRITY_BYTES);
  return timingSafeEqual(given, integrity(bytes.subarray(0, integrityAt), password));
}

/** What a lite agent answers: from where it was seen. */
export function bindingSuccess({ bytes }: BindingRequest, from: Endpoint, password: string): Buffer {
  const transaction = bytes.subarray(4, HEADER_BYTES);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(BINDING_SUCCESS, 0);
  transaction.copy(header, 4);
  const mapped = attribute(XOR_MAPPED_ADDRESS, xorAddress(from, transaction));
  const start = Buffer.concat([header, mapped]);
  const signed = Buffer.concat([start, attribute(MESSAGE_INTEGRITY, integrity(start, password))]);
  // The length counts the attribute that is being made (RFC 8489, 14.7).
  signed.writeUInt16BE(signed.length - HEADER_BYTES + 8, 2);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE((crc32(signed) ^ FINGERPRINT_XOR) >>> 0);
  return Buffer.concat([signed, attribute(FINGERPRINT, crc)]);
}

/** HMAC over all before the attribute, with a length as if the message ended with it (RFC 8489, 14.5). */
function integrity(before: Buffer, password: string): Buffer {
  const message = Buffer.from(before);
  message.writeUInt16BE(before.length - HEADER_BYTES + 4 + INTEGRITY_BYTES, 2);
  return createHmac("sha1", password).update(message).digest();
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value]);
}

function xorAddress({ address, port }: Endpoint, cookieAndTransaction: Buffer): Buffer {
  const plain = isIPv4(address) ? ipv4Bytes(address) : ipv6Bytes(address);
  const value = Buffer.alloc(4 + plain.length);
  value[1] = plain.length === 4 ? 1 : 2;
  value.writeUInt16BE(port ^ (MAGIC >>> 16), 2);
  plain.forEach((byte, index) => {
    value[4 + index] = byte ^ (cookieAndTransaction[index] ?? 0);
  });
  return value;
}

const ipv4Bytes = (address: string): number[] => address.split(".").map(Number);

/** As Node writes it: without zone, perhaps with `::` and with a dotted end. */
function ipv6Bytes(address: string): number[] {
  const [start = "", end] = (address.split("%")[0] ?? "").split("::");
  const head = groups(start);
  const tail = end === undefined ? [] : groups(end);
  const missing = Math.max(0, 16 - head.length - tail.length);
  return [...head, ...new Array<number>(missing).fill(0), ...tail].slice(0, 16);
}

const groups = (text: string): number[] =>
  text
    .split(":")
    .filter((group) => group !== "")
    .flatMap((group) => {
      if (group.includes(".")) return ipv4Bytes(group);
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    });
