import { CircleHelp, Lock, LockOpen, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { levelOf, type Port, type ShownPort, wordsOf } from "../../lib/bridge-troubles.ts";
import { shortId } from "../../lib/doctor-view.ts";
import { formatRate } from "../../lib/format.ts";
import { totalRate } from "../../lib/packet-rates.ts";
import type { Selection } from "../../lib/part-facts.ts";
import css from "./port-grid.module.css";

/** More ports than this are drawn as small sockets. */
const ROOMY = 24;

interface PortGridProps {
  readonly ports: readonly ShownPort[];
  readonly onSelect: (selection: Selection) => void;
}

/** The ports on their cable: few of them with all that is known, many as sockets that open it. */
export function PortGrid({ ports, onSelect }: PortGridProps) {
  const isRoomy = ports.length <= ROOMY;
  return (
    <ul className={css.grid} data-roomy={isRoomy} aria-label="Ports of the bridge">
      {ports.map((shown) => (
        <PortItem key={shown.port.name} shown={shown} isRoomy={isRoomy} onSelect={onSelect} />
      ))}
    </ul>
  );
}

interface PortItemProps {
  readonly shown: ShownPort;
  readonly isRoomy: boolean;
  readonly onSelect: (selection: Selection) => void;
}

function PortItem({ shown, isRoomy, onSelect }: PortItemProps) {
  const { port, rate, troubles } = shown;
  const total = totalRate(rate);
  const level = levelOf(troubles);
  return (
    <li className={css.port} data-level={level}>
      <button
        type="button"
        className={css.name}
        aria-label={ariaWords(shown)}
        title={ariaWords(shown)}
        onClick={() => onSelect({ kind: "port", name: port.name })}
      >
        <Lights port={port} total={total} level={level} />
        {port.name}
      </button>
      <span className={css.rate}>{total === undefined ? "–" : formatRate(total)}</span>
      {isRoomy ? <Details shown={shown} /> : null}
    </li>
  );
}

/** As at a real switch: one light for the link, one that blinks when packets pass. */
function Lights({ port, total, level }: { port: Port; total: number | undefined; level: string }) {
  const Sign = port.kind === "stranger" ? CircleHelp : TriangleAlert;
  if (level !== "good") return <Sign className={css.sign} size={14} aria-hidden="true" />;
  return (
    <span className={css.lights} aria-hidden="true">
      <i data-on={port.carrier} />
      <i data-busy={total === undefined ? "no" : busyness(total)} />
    </span>
  );
}

/** In three steps, so that the light does not change its beat with every packet. */
function busyness(total: number): "no" | "some" | "much" {
  if (total < 0.5) return "no";
  return total < 100 ? "some" : "much";
}

function Details({ shown: { port, rate, troubles } }: { shown: ShownPort }) {
  const Isolation = port.isolated ? Lock : LockOpen;
  const dropped = port.rxDropped + port.txDropped;
  return (
    <>
      <span className={css.owner}>
        {port.sessionId ? (
          <Link href={`/sessions/${port.sessionId}`}>{shortId(port.sessionId)}</Link>
        ) : (
          (port.vmId && shortId(port.vmId)) || "a stranger"
        )}
        {rate === undefined ? null : (
          <span className={css.ways} title="Packets a second from the VM, and to it">
            ↑{formatRate(rate.rx)} ↓{formatRate(rate.tx)}
          </span>
        )}
      </span>
      <span className={css.facts}>
        {troubles.length > 0 ? (
          <span className={css.trouble}>{wordsOf(troubles)}</span>
        ) : (
          <>
            <span>{port.forwarding ? "forwards" : "starting"}</span>
            <span>
              <Isolation size={12} aria-hidden="true" />
              {port.isolated ? "isolated" : "not isolated"}
            </span>
          </>
        )}
        <span className={css.drops}>{dropped === 0 ? "no drops" : `${dropped} dropped`}</span>
      </span>
    </>
  );
}

function ariaWords({ port, rate, troubles }: ShownPort): string {
  const total = totalRate(rate);
  const state = [
    troubles.length > 0 ? wordsOf(troubles) : "well",
    port.carrier ? "carrier" : null,
    total === undefined ? null : `${formatRate(total)} packets/s`,
  ];
  return `${port.name}: ${state.filter(Boolean).join(", ")}`;
}
