import type { HostPicture } from "@browservm/contract";
import { Bird, Earth, Network, ShieldAlert, ShieldCheck } from "lucide-react";
import type { ReactNode } from "react";
import {
  bridgeTroubles,
  canaryTroubles,
  levelOf,
  rulesTroubles,
  type ShownPort,
  type Trouble,
  uplinkTroubles,
  wordsOf,
} from "../../lib/bridge-troubles.ts";
import { formatRate } from "../../lib/format.ts";
import type { HostLook } from "../../lib/live-sources.ts";
import { sparkline, totalRate } from "../../lib/packet-rates.ts";
import type { Selection } from "../../lib/part-facts.ts";
import css from "./bridge-drawing.module.css";

interface BridgeDrawingProps {
  readonly look: HostLook;
  readonly ports: readonly ShownPort[];
  readonly onSelect: (selection: Selection) => void;
}

/** The bridge between the way out and the canary, as one would draw it on a board. Its ports hang below. */
export function BridgeDrawing({ look, ports, onSelect }: BridgeDrawingProps) {
  const { picture } = look;
  const uplink = uplinkTroubles(picture);
  const rules = rulesTroubles(picture);
  const canary = canaryTroubles(picture);
  const RulesIcon = rules.length === 0 ? ShieldCheck : ShieldAlert;
  return (
    <div className={css.drawing}>
      <div className={css.left}>
        <Node
          name="Uplink"
          words={picture.uplink?.name ?? "none: the VMs are alone"}
          troubles={uplink}
          isAbsent={picture.uplink === undefined}
          icon={<Earth size={22} aria-hidden="true" />}
          onOpen={() => onSelect({ kind: "uplink" })}
        />
        <Cable troubles={uplink} isAbsent={picture.uplink === undefined} />
        <Node
          name="Firewall"
          words={`rules ${picture.rules}`}
          troubles={rules}
          icon={<RulesIcon size={22} aria-hidden="true" />}
          onOpen={() => onSelect({ kind: "rules" })}
        />
        <Cable troubles={rules} />
      </div>
      <Chassis look={look} ports={ports} onOpen={() => onSelect({ kind: "bridge" })} />
      <div className={css.right}>
        <Cable troubles={canary} />
        <Node
          name="Canary"
          words={canary.length === 0 ? "nobody reaches it" : ""}
          troubles={canary}
          icon={<Bird size={22} aria-hidden="true" />}
          onOpen={() => onSelect({ kind: "canary" })}
        />
      </div>
    </div>
  );
}

interface NodeProps {
  readonly name: string;
  readonly words: string;
  readonly troubles: readonly Trouble[];
  readonly isAbsent?: boolean;
  readonly icon: ReactNode;
  readonly onOpen: () => void;
}

function Node({ name, words, troubles, isAbsent = false, icon, onOpen }: NodeProps) {
  return (
    <button
      type="button"
      className={css.node}
      data-level={isAbsent ? "absent" : levelOf(troubles)}
      onClick={onOpen}
    >
      <span className={css.disc}>{icon}</span>
      <span className={css.nodeName}>{name}</span>
      <span className={css.nodeWords}>{troubles.length > 0 ? wordsOf(troubles) : words}</span>
    </button>
  );
}

function Cable({ troubles, isAbsent = false }: { troubles: readonly Trouble[]; isAbsent?: boolean }) {
  return (
    <span className={css.cable} data-level={isAbsent ? "absent" : levelOf(troubles)} aria-hidden="true" />
  );
}

interface ChassisProps {
  readonly look: HostLook;
  readonly ports: readonly ShownPort[];
  readonly onOpen: () => void;
}

/** The bridge, drawn as the switch that it is: its lights, its addresses, its sockets. */
function Chassis({ look, ports, onOpen }: ChassisProps) {
  const { bridge } = look.picture;
  const troubles = bridgeTroubles(look.picture);
  const rate = totalRate(look.rates.get(bridge?.name ?? ""));
  return (
    <button type="button" className={css.chassis} data-level={levelOf(troubles)} onClick={onOpen}>
      <span className={css.head}>
        <Network size={21} aria-hidden="true" />
        <span className={css.bridgeName}>
          <span className="visually-hidden">Bridge </span>
          {bridge?.name ?? "No bridge"}
        </span>
        <span className={css.state}>
          {troubles.length > 0 ? wordsOf(troubles) : stateWords(look.picture)}
        </span>
        {bridge === undefined ? null : (
          <span className={css.traffic}>
            <Spark history={look.history} />
            <span className={css.rate}>
              {rate === undefined ? "–" : formatRate(rate)} <small>packets/s</small>
            </span>
          </span>
        )}
      </span>
      {bridge === undefined ? null : (
        <span className={css.facts}>
          <span>{bridge.mac}</span>
          {bridge.addresses.map((address) => (
            <span key={address}>{address}</span>
          ))}
          <span>MTU {bridge.mtu}</span>
        </span>
      )}
      <Sockets ports={ports} />
    </button>
  );
}

const stateWords = ({ bridge }: HostPicture) => (bridge?.carrier ? "up, carrier" : "up, nobody plugged in");

function Spark({ history }: { history: readonly number[] }) {
  if (history.length < 2) return null;
  return (
    <svg className={css.spark} viewBox="-1 -2 92 26" aria-hidden="true" focusable="false">
      <polyline points={sparkline(history, 90, 22)} />
    </svg>
  );
}

const LEAST_SOCKETS = 24;

/** One small socket for each port: where it is red, something is wrong. */
function Sockets({ ports }: { ports: readonly ShownPort[] }) {
  const empty = Math.max(0, LEAST_SOCKETS - ports.length);
  return (
    <span className={css.sockets} aria-hidden="true">
      {ports.map(({ port, troubles }) => (
        <i key={port.name} data-level={levelOf(troubles)} />
      ))}
      {Array.from({ length: empty }, (_, index) => `empty-${index}`).map((key) => (
        <i key={key} data-level="empty" />
      ))}
    </span>
  );
}
