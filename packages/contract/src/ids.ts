import { z } from "zod";

/** Our ids: a prefix that names the thing, then 20 lower-case base-32 characters. */
const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[a-z0-9]{20}$`));

export const SessionId = id("ses").brand<"SessionId">();
export type SessionId = z.infer<typeof SessionId>;

export const VmId = id("vm").brand<"VmId">();
export type VmId = z.infer<typeof VmId>;

export const ApiKeyId = id("key").brand<"ApiKeyId">();
export type ApiKeyId = z.infer<typeof ApiKeyId>;

export const ViewLinkId = id("lnk").brand<"ViewLinkId">();
export type ViewLinkId = z.infer<typeof ViewLinkId>;

export const ViewerId = id("vwr").brand<"ViewerId">();
export type ViewerId = z.infer<typeof ViewerId>;

export const ConnectionId = id("con").brand<"ConnectionId">();
export type ConnectionId = z.infer<typeof ConnectionId>;

export const ProfileId = id("prf").brand<"ProfileId">();
export type ProfileId = z.infer<typeof ProfileId>;

export const SigninId = id("sgn").brand<"SigninId">();
export type SigninId = z.infer<typeof SigninId>;

export const PersonId = id("per").brand<"PersonId">();
export type PersonId = z.infer<typeof PersonId>;

export const InvitationId = id("inv").brand<"InvitationId">();
export type InvitationId = z.infer<typeof InvitationId>;

/** Proxy credentials that are kept under lock and key; tells nothing of them. */
export const ProxyCredentialsId = id("pxc").brand<"ProxyCredentialsId">();
export type ProxyCredentialsId = z.infer<typeof ProxyCredentialsId>;

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** A fresh id from 20 random bytes (100 bits are used). The caller brings the randomness: no I/O here. */
export function makeId(
  prefix:
    | "ses"
    | "vm"
    | "key"
    | "tok"
    | "req"
    | "lnk"
    | "vwr"
    | "con"
    | "sgn"
    | "per"
    | "inv"
    | "prf"
    | "pxc",
  random: Uint8Array,
): string {
  if (random.length < 20) throw new RangeError("an id needs 20 random bytes");
  const tail = Array.from(random.subarray(0, 20), (byte) => ALPHABET[byte & 31]).join("");
  return `${prefix}_${tail}`;
}
