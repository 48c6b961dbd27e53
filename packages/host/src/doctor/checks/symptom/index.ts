import type { Check } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { gatewayPingDead } from "./gateway-ping-dead.ts";
import { gatewayTcpDead } from "./gateway-tcp-dead.ts";
import { guestArpDead } from "./guest-arp-dead.ts";
import { guestPingDead } from "./guest-ping-dead.ts";
import { guestTcpDead } from "./guest-tcp-dead.ts";
import { noCarrier } from "./no-carrier.ts";
import { outsideDead } from "./outside-dead.ts";

export const SYMPTOM_CHECKS: readonly Check<VmSubject>[] = [
  noCarrier,
  guestArpDead,
  guestPingDead,
  gatewayPingDead,
  guestTcpDead,
  gatewayTcpDead,
  outsideDead,
];
