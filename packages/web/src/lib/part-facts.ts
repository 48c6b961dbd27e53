import type { DoctorLayer, HostPicture } from "@browservm/contract";
import {
  bridgeTroubles,
  canaryTroubles,
  type Port,
  portTroubles,
  rulesTroubles,
  type Trouble,
  unpluggedTrouble,
  uplinkTroubles,
} from "./bridge-troubles.ts";
import { formatRate } from "./format.ts";
import type { HostLook } from "./live-sources.ts";

export type Selection =
  | { readonly kind: "bridge" | "rules" | "uplink" | "canary" }
  | { readonly kind: "port"; readonly name: string }
  | { readonly kind: "unplugged"; readonly vmId: string };

/** One part of the picture in words, for its dialog. */
export interface PartFacts {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly troubles: readonly Trouble[];
  readonly vmId?: string | undefined;
  readonly sessionId?: string | undefined;
  /** Layers of the doctor's report that are about it; empty = its VM's own report. */
  readonly layers: readonly DoctorLayer[];
}

const yes = (is: boolean) => (is ? "yes" : "no");

/** What is known of a part now; null when it is no longer there. */
export function partFacts(selection: Selection, look: HostLook): PartFacts | null {
  const { picture } = look;
  if (selection.kind === "port") {
    const port = picture.ports.find(({ name }) => name === selection.name);
    return port ? portFacts(port, look) : null;
  }
  if (selection.kind !== "unplugged") return sharedFacts(selection.kind, look);
  const tap = picture.unplugged.find(({ vmId }) => vmId === selection.vmId);
  if (tap === undefined) return null;
  const { vmId, sessionId } = tap;
  const facts = [
    ["TAP exists", yes(tap.exists)],
    ["VM", vmId],
  ] as const;
  return { title: tap.tap, facts, troubles: [unpluggedTrouble(tap)], vmId, sessionId, layers: [] };
}

/** The parts that all VMs share. */
function sharedFacts(kind: "bridge" | "rules" | "uplink" | "canary", look: HostLook): PartFacts {
  const { picture } = look;
  if (kind === "bridge") return bridgeFacts(look);
  if (kind === "uplink") return uplinkFacts(picture);
  if (kind === "canary") return canaryFacts(look);
  const facts = [["Our rules", picture.rules]] as const;
  return { title: "Firewall", facts, troubles: rulesTroubles(picture), layers: ["firewall"] };
}

function bridgeFacts({ picture, rates }: HostLook): PartFacts {
  const { bridge } = picture;
  const troubles = bridgeTroubles(picture);
  const layers: DoctorLayer[] = ["host", "bridge", "address"];
  if (bridge === undefined) return { title: "The bridge", facts: [], troubles, layers };
  return {
    title: `Bridge ${bridge.name}`,
    facts: [
      ["Up", yes(bridge.up)],
      ["Carrier", yes(bridge.carrier)],
      ["MAC", bridge.mac],
      ["Addresses", bridge.addresses.join(", ") || "none"],
      ["MTU", String(bridge.mtu)],
      ["STP", bridge.stp ? "on" : "off"],
      ["Ports", String(picture.ports.length)],
      ...counters(bridge, rates.get(bridge.name)),
    ],
    troubles,
    layers,
  };
}

function uplinkFacts(picture: HostPicture): PartFacts {
  const { uplink } = picture;
  return {
    title: "Uplink",
    facts: uplink
      ? [
          ["Link", uplink.name],
          ["Up", yes(uplink.up)],
          ["Carrier", yes(uplink.carrier)],
        ]
      : [["Link", "none: the VMs have no way out"]],
    troubles: uplinkTroubles(picture),
    layers: ["egress", "dns"],
  };
}

function canaryFacts(look: HostLook): PartFacts {
  const port = look.picture.ports.find(({ kind }) => kind === "canary");
  const about: PartFacts["facts"] = [["What it is", "a stranger whom no VM must reach"]];
  return {
    title: "Canary",
    facts: port ? [...about, ...portFacts(port, look).facts] : about,
    troubles: canaryTroubles(look.picture),
    layers: ["bridge"],
  };
}

function portFacts(port: Port, { rates, fresh }: HostLook): PartFacts {
  const rate = rates.get(port.name);
  const { vmId, sessionId } = port;
  return {
    title: port.name,
    facts: [
      ["Up", yes(port.up)],
      ["Carrier", yes(port.carrier)],
      ["Forwarding", yes(port.forwarding)],
      ["Isolated", yes(port.isolated)],
      ...counters(port, rate),
      ...(vmId ? [["VM", vmId] as const] : []),
    ],
    troubles: portTroubles(port, { rate, isNew: fresh.has(port.name) }),
    vmId,
    sessionId,
    layers: vmId ? [] : ["bridge"],
  };
}

type Counted = Pick<Port, "rxPackets" | "txPackets" | "rxDropped" | "txDropped">;

function counters(port: Counted, rate: { rx: number; tx: number } | undefined): PartFacts["facts"] {
  const perSecond = (value: number | undefined) =>
    value === undefined ? "" : ` (${formatRate(value)} packets/s)`;
  return [
    ["Received", `${port.rxPackets}${perSecond(rate?.rx)}`],
    ["Sent", `${port.txPackets}${perSecond(rate?.tx)}`],
    ["Dropped", String(port.rxDropped + port.txDropped)],
  ];
}
