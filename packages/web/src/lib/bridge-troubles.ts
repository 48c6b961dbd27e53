import type { HostPicture } from "@browservm/contract";
import type { PacketRate, PacketRates } from "./packet-rates.ts";

/** Something that the picture alone shows to be wrong (`bad`), or worth a look (`odd`). */
export interface Trouble {
  readonly level: "bad" | "odd";
  readonly words: string;
}

export type Port = HostPicture["ports"][number];
export type Unplugged = HostPicture["unplugged"][number];

const bad = (words: string): Trouble => ({ level: "bad", words });
const odd = (words: string): Trouble => ({ level: "odd", words });
const only = (...found: readonly (Trouble | false | undefined)[]): readonly Trouble[] =>
  found.filter((one): one is Trouble => one !== undefined && one !== false);

export interface PortLook {
  readonly rate: PacketRate | undefined;
  /** It was plugged in a moment ago: a port that comes up has no carrier yet. */
  readonly isNew: boolean;
}

/** What is wrong with one port. */
export function portTroubles(port: Port, { rate, isNew }: PortLook): readonly Trouble[] {
  const isOurs = port.kind !== "stranger";
  return only(
    !isOurs && odd("not made by BrowserVM"),
    isOurs && !port.up && bad("down"),
    isOurs && !isNew && port.up && !port.carrier && bad("no carrier"),
    isOurs && !isNew && port.carrier && !port.forwarding && bad("does not forward"),
    port.kind === "vm" && !isNew && !port.isolated && bad("not isolated"),
    rate !== undefined && rate.dropped >= 0.5 && odd(`drops ${Math.round(rate.dropped)} packets/s`),
  );
}

/** What is wrong with the bridge itself. One without live ports needs no carrier. */
export function bridgeTroubles({ bridge, ports }: HostPicture): readonly Trouble[] {
  if (bridge === undefined) return [bad("there is no bridge")];
  const isNeeded = ports.some(({ kind, up, carrier }) => kind === "vm" && up && carrier);
  return only(
    !bridge.up && bad("down"),
    bridge.up && !bridge.carrier && isNeeded && bad("no carrier"),
    bridge.stp && bad("STP is on"),
    bridge.addresses.length === 0 && bad("no address"),
  );
}

export function rulesTroubles({ rules }: HostPicture): readonly Trouble[] {
  return only(
    rules === "missing" && bad("our rules are gone"),
    rules === "altered" && bad("our rules were changed"),
  );
}

/** A host without an uplink is as it should be: its VMs are alone. */
export function uplinkTroubles({ uplink }: HostPicture): readonly Trouble[] {
  return only(uplink && !uplink.up && bad("down"), uplink?.up && !uplink.carrier && bad("no carrier"));
}

export function canaryTroubles({ ports }: HostPicture): readonly Trouble[] {
  const canary = ports.find(({ kind }) => kind === "canary");
  return canary ? portTroubles(canary, { rate: undefined, isNew: false }) : [odd("not plugged in")];
}

export function unpluggedTrouble({ exists }: Unplugged): Trouble {
  return bad(exists ? "not plugged into the bridge" : "the TAP is gone");
}

/** The worst of some troubles. */
export function levelOf(troubles: readonly Trouble[]): "good" | "odd" | "bad" {
  if (troubles.some(({ level }) => level === "bad")) return "bad";
  return troubles.length > 0 ? "odd" : "good";
}

export const wordsOf = (troubles: readonly Trouble[]) => troubles.map(({ words }) => words).join(", ");

export interface PortFilter {
  readonly text: string;
  readonly troublesOnly: boolean;
}

export interface ShownPort {
  readonly port: Port;
  readonly rate: PacketRate | undefined;
  readonly troubles: readonly Trouble[];
}

/** The ports of VMs and strangers with what is known of them, in the order of their numbers. */
export function shownPorts(
  picture: HostPicture,
  rates: PacketRates,
  fresh: ReadonlySet<string>,
): readonly ShownPort[] {
  return picture.ports
    .filter(({ kind }) => kind !== "canary")
    .map((port) => {
      const rate = rates.get(port.name);
      return { port, rate, troubles: portTroubles(port, { rate, isNew: fresh.has(port.name) }) };
    })
    .toSorted((a, b) => a.port.name.localeCompare(b.port.name, "en", { numeric: true }));
}

/** Whether one of some names holds the text that is looked for. */
export function isSought(text: string, names: readonly (string | undefined)[]): boolean {
  const sought = text.trim().toLowerCase();
  return sought === "" || names.some((name) => name?.toLowerCase().includes(sought));
}

export function filterPorts(ports: readonly ShownPort[], filter: PortFilter): readonly ShownPort[] {
  return ports.filter(
    ({ port, troubles }) =>
      isSought(filter.text, [port.name, port.sessionId, port.vmId]) &&
      (!filter.troublesOnly || troubles.length > 0),
  );
}
