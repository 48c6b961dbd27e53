import { z } from "zod";
import { EgressPolicy } from "./policy.ts";
import { ProxyReport } from "./proxy.ts";

/**
 * What became of a question. `denied`: by the policy; `private`: its answer was refused, for it led into a closed
 * range; `failed`: no resolver answered; `limited`: the guest asks too much.
 */
export const EgressVerdict = z.enum(["allowed", "denied", "private", "failed", "limited"]);
export type EgressVerdict = z.infer<typeof EgressVerdict>;

/** One question that a guest asked our DNS. Names are the guest's words: printable ASCII only. */
export const EgressQuery = z.object({
  at: z.iso.datetime(),
  name: z.string().max(1024),
  type: z.string().max(16),
  verdict: EgressVerdict,
  /** The entry that decided; absent: the default did. */
  rule: z.string().optional(),
  addresses: z.array(z.string()),
  ms: z.number(),
});
export type EgressQuery = z.infer<typeof EgressQuery>;

const Count = z.object({ packets: z.number(), bytes: z.number() });

/** A session's egress policy, and what came of it. */
export const EgressReport = z.object({
  /** Null: as this machine's network is set, with the usual resolvers. */
  policy: EgressPolicy.nullable(),
  default: z.enum(["allow", "deny"]),
  /** False: the session is over. This is the policy that it had last; what came of it is not known any more. */
  inForce: z.boolean().default(true),
  /** What it tried and was refused beyond this host, since it has one, or our rules were loaded. */
  refused: Count,
  /** Addresses that are open now because an allowed name has them. */
  learned: z.array(z.object({ name: z.string(), address: z.string(), until: z.iso.datetime() })),
  /** Questions by verdict, since this policy was set, or hostd began. */
  counts: z.partialRecord(EgressVerdict, z.int()),
  /** The last questions, newest first. Only kept while there is a policy. */
  queries: z.array(EgressQuery).max(200),
  /** Of its proxy, where it has one. */
  proxy: ProxyReport.optional(),
});
export type EgressReport = z.infer<typeof EgressReport>;
