import { type Check, fail, manual, pass, seen, skip } from "../../check.ts";
import type { TcpAnswer, VmSubject } from "../../sight/vm-sight.ts";
import { aboutGuestProbe } from "./about-probe.ts";

const ask = manual(
  "No check explains it. Try the same target from the machine itself; if it fails there, too, the fault lies beyond this machine.",
);

export const outsideDead: Check<VmSubject> = {
  code: "outside-dead",
  layer: "egress",
  title: "The guest reaches the outside",
  dependsOn: [
    "guest-silent",
    "no-carrier",
    "guest-arp-dead",
    "guest-ping-dead",
    "gateway-ping-dead",
    "gateway-tcp-dead",
  ],
  breaks: [],
  shows: "egress",
  explanation: {
    symptom: "The guest reaches its gateway, but nothing on the internet.",
    cause:
      "A symptom. Forwarding, a forward chain, translation, a route, or the world beyond the machine; the root cause is another finding.",
    evidence:
      "A connection of the guest to the one target outside that must be open, asked for over the control channel.",
    fix: ask,
  },
  judge: aboutGuestProbe(({ outside }, { host }) => {
    const { openTarget } = host.plan;
    if (!outside || !openTarget)
      return skip("config", "uplink", "guests have no way out, or no target is known");
    const way = `guest → ${openTarget.what} (${openTarget.ip}:${openTarget.port})`;
    if (outside === "open" || outside === "refused") return pass("tcp", way, outside);
    const here = host.outsideFromHost;
    const evidence = [
      seen("tcp", way, outside),
      ...(here ? [seen("tcp", `host → ${openTarget.ip}:${openTarget.port}`, here)] : []),
    ];
    return fail(
      `The guest does not reach ${openTarget.what} (${outside})${here ? hostToo(here) : ""}; no check of this host explains it. Packets to the gateway pass, so they were last seen there.`,
      evidence,
      ask,
    );
  }),
};

/** The same question, asked by the host itself, tells on which side of this machine the fault lies. */
const hostToo = (here: TcpAnswer): string =>
  here === "open" || here === "refused"
    ? `, which this host reaches (${here})`
    : `, and neither does this host (${here}): the fault lies beyond it`;
