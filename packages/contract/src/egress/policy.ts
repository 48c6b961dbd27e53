import { z } from "zod";
import { EgressProxy, NewEgressProxy } from "./proxy.ts";
import { ALL_PORTS, readEgressTarget } from "./target.ts";

/** Most entries of one list. More belong into a proxy. */
export const MOST_EGRESS_ENTRIES = 512;

const Entry = z
  .string()
  .min(1)
  .max(300)
  .superRefine((text, context) => {
    const target = readEgressTarget(text);
    if (target.kind === "bad") context.addIssue({ code: "custom", message: `“${text}”: ${target.why}` });
  });

/** A question to DNS knows no port, so a name is denied whole or not at all. */
const Denied = Entry.refine((text) => {
  const target = readEgressTarget(text);
  return target.kind !== "name" || target.ports === ALL_PORTS;
}, "a name cannot be denied for some ports only");

/**
 * Where a session may go. Entries are names (`example.com`, `*.example.com`), addresses and networks, each with
 * `:port` or `:from-to` if wanted, or `:port` alone for any public address. What is denied stays denied even if an
 * entry allows it. Private and link-local ranges, and clouds' metadata, are closed unless an entry lies within them.
 */
export const EgressPolicy = z.strictObject({
  /** What no entry speaks of. Left out: `deny` when something is allowed by name or address, else `allow`. */
  default: z.enum(["allow", "deny"]).optional(),
  allow: z.array(Entry).max(MOST_EGRESS_ENTRIES).default([]),
  deny: z.array(Denied).max(MOST_EGRESS_ENTRIES).default([]),
  /** All goes through it, or nowhere. */
  proxy: EgressProxy.optional(),
});
export type EgressPolicy = z.infer<typeof EgressPolicy>;

/** A policy as it is asked for: its proxy's credentials are in it, or those that are known already. */
export const NewEgress = EgressPolicy.extend({ proxy: NewEgressProxy.optional() });
export type NewEgress = z.infer<typeof NewEgress>;

/** Null: no policy, as the machine's network is set. */
export const SetEgress = z.strictObject({ policy: NewEgress.nullable() });
export const SetVmEgress = z.strictObject({ policy: EgressPolicy.nullable() });

/** What it means for destinations that no entry speaks of. */
export const egressDefault = ({ default: said, allow }: EgressPolicy): "allow" | "deny" =>
  said ?? (allow.length > 0 ? "deny" : "allow");
