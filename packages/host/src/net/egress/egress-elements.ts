import type { EgressPolicy, VmAddress } from "@browservm/contract";
import type { SetElement } from "../firewall/ruleset.ts";
import { toIpv4 } from "../ipv4.ts";
import { compileEgress } from "./compile.ts";
import { EGRESS_TABLE } from "./egress-sets.ts";
import type { Rectangle } from "./rectangles.ts";

/** A policy as a slot holds it. */
export interface SlotEgress {
  readonly policy: EgressPolicy;
  /** On every flow that it let out: a flow of an earlier policy, or of the slot's last holder, has another one. */
  readonly mark: number;
}

const table = EGRESS_TABLE;

/** All that the kernel must know of a VM's policy, but for the addresses that DNS teaches it. */
export function egressElements({ ip }: Pick<VmAddress, "ip">, { policy, mark }: SlotEgress): SetElement[] {
  // Nothing of it goes out by itself, so the kernel need not know what its proxy may be asked for.
  if (policy.proxy)
    return ["egress_closed", "egress_proxied", "egress_refused"].map((set) => ({ table, set, element: ip }));
  const { isClosed, allowed, denied } = compileEgress(policy);
  return [
    { table, set: isClosed ? "egress_closed" : "egress_open", element: ip },
    { table, set: "egress_flows", element: `${ip} . ${mark}` },
    { table, set: "egress_marks", element: `${ip} : ${mark}` },
    { table, set: "egress_refused", element: ip },
    ...allowed.map((one) => ({ table, set: "egress_allowed", element: `${ip} . ${tell(one)}` })),
    ...denied.map((one) => ({ table, set: "egress_denied", element: `${ip} . ${tell(one)}` })),
  ];
}

/** The one form that is written and that `elementsOf` reads back. */
const tell = ({ first, last, ports }: Rectangle): string =>
  `${span(toIpv4(first), toIpv4(last))} . ${span(ports.from, ports.to)}`;

const span = (from: string | number, to: string | number): string =>
  from === to ? `${from}` : `${from}-${to}`;
