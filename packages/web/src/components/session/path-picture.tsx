"use client";
import type { GateReport } from "@browservm/contract";
import { AppWindow, Bot, Cable, Cpu, Earth, type LucideIcon, MonitorCog, Network } from "lucide-react";
import type { KeyboardEvent, ReactNode } from "react";
import {
  isContainer,
  PARTS,
  type Part,
  type PartId,
  type PartState,
  partState,
  partsFor,
  stepStates,
} from "../../lib/path-picture.ts";
import css from "./path-picture.module.css";
import { STATE_WORDS } from "./verdict-mark.tsx";

const NODES = ["uplink", "bridge", "tap", "vmm", "guest", "agent", "browser"] as const;
const ICONS: Partial<Record<PartId, LucideIcon>> = {
  uplink: Earth,
  bridge: Network,
  tap: Cable,
  vmm: Cpu,
  guest: MonitorCog,
  agent: Bot,
  browser: AppWindow,
};
/** Which wire, counted from the left, an edge lies on. */
const EDGES: readonly (readonly [PartId, number])[] = [
  ["firewall", 0],
  ["path", 3],
];
const STEP = 60;
const TOP = 50;
const nodeX = (index: number) => 30 + index * STEP;

const NO_HEALTH: ReadonlyMap<PartId, PartState> = new Map();

interface PathPictureProps {
  readonly gate: GateReport | null;
  /** What is known since the proof, by part. */
  readonly health?: ReadonlyMap<PartId, PartState>;
  readonly selected: PartId | null;
  readonly onSelect: (part: PartId) => void;
}

/** The way from the uplink to the browser; each part shows what was proven about it, and opens its evidence. */
export function PathPicture({ gate, health = NO_HEALTH, selected, onSelect }: PathPictureProps) {
  const states = stepStates(gate);
  const stateOf = (id: PartId): PartState => {
    const part = PARTS.find((one) => one.id === id);
    return health.get(id) ?? (part ? partState(part, states) : "waiting");
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing cannot be a fieldset
    <svg
      className={css.picture}
      viewBox="0 0 428 142"
      role="group"
      aria-label="The network's path, part by part"
    >
      {health.has("machine") ? null : <Zone {...MACHINE} name="this machine" />}
      <Zone {...GUEST} name={isContainer(gate) ? "container" : "virtual machine"} />
      {NODES.slice(1).map((id, index) => (
        <Wire key={id} index={index} state={wireState(partsOfWire(index).map(stateOf))} />
      ))}
      {partsFor(gate)
        .filter(({ kind, id }) => kind !== "zone" || health.has(id))
        .map((part) => (
          <PartButton
            key={part.id}
            part={part}
            state={stateOf(part.id)}
            isOn={part.id === selected}
            onSelect={onSelect}
          >
            {shapeOf(part, stateOf(part.id))}
          </PartButton>
        ))}
    </svg>
  );
}

/** The parts at both ends of a wire, and the one that lies on it. */
function partsOfWire(index: number): readonly PartId[] {
  const onIt = EDGES.filter(([, at]) => at === index).map(([id]) => id);
  return [...NODES.slice(index, index + 2), ...onIt];
}

/** A wire is as good as the worst of its parts. */
function wireState(states: readonly PartState[]): PartState {
  if (states.includes("fail")) return "fail";
  if (states.includes("affected")) return "affected";
  if (states.includes("running")) return "running";
  return states.every((state) => state === "pass") ? "pass" : "waiting";
}

function shapeOf(part: Part, state: PartState): ReactNode {
  if (part.kind === "zone") return <ZoneShape part={part} state={state} />;
  if (part.kind === "span") return <SpanShape part={part} state={state} />;
  if (part.kind === "edge") return <EdgeShape part={part} state={state} />;
  return <NodeShape part={part} state={state} />;
}

interface PartButtonProps {
  readonly part: Part;
  readonly state: PartState;
  readonly isOn: boolean;
  readonly onSelect: (part: PartId) => void;
  readonly children: ReactNode;
}

function PartButton({ part, state, isOn, onSelect, children }: PartButtonProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onSelect(part.id);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button element
    <g
      role="button"
      tabIndex={0}
      aria-pressed={isOn}
      aria-label={`${part.label}: ${STATE_WORDS[state]}`}
      className={`${css.part} ${css[state]}`}
      onClick={() => onSelect(part.id)}
      onKeyDown={onKeyDown}
    >
      <title>{`${part.label} – ${part.about}: ${STATE_WORDS[state]}`}</title>
      {children}
    </g>
  );
}

function NodeShape({ part, state }: { part: Part; state: PartState }) {
  const x = nodeX((NODES as readonly PartId[]).indexOf(part.id));
  const Icon = ICONS[part.id] ?? AppWindow;
  return (
    <>
      <rect className={css.hit} x={x - 28} y={TOP - 24} width="56" height="64" rx="10" />
      <circle className={css.disc} cx={x} cy={TOP} r="18" />
      <Icon
        className={css.icon}
        x={x - 9}
        y={TOP - 9}
        width={18}
        height={18}
        strokeWidth={1.8}
        aria-hidden="true"
      />
      <Badge x={x + 13} y={TOP + 13} state={state} />
      <text className={css.label} x={x} y={TOP + 36}>
        {part.label}
      </text>
    </>
  );
}

function EdgeShape({ part, state }: { part: Part; state: PartState }) {
  const wire = EDGES.find(([id]) => id === part.id)?.[1] ?? 0;
  const x = nodeX(wire) + STEP / 2;
  return (
    <>
      <rect className={css.hit} x={x - 15} y={TOP - 42} width="30" height="56" rx="8" />
      <Badge x={x} y={TOP} state={state} size={9} />
      <text className={css.small} x={x} y={TOP - 30}>
        {part.label}
      </text>
    </>
  );
}

function SpanShape({ part, state }: { part: Part; state: PartState }) {
  const [from, to, y] = [nodeX(0), nodeX(6), 128];
  return (
    <>
      <rect className={css.hit} x="2" y={y - 12} width="416" height="24" rx="8" />
      <path className={css.span} d={`M${from} ${y - 7}v7H132M288 ${y}H${to}v-7`} />
      <Badge x={146} y={y} state={state} size={8} />
      <text className={css.small} x={220} y={y + 4}>
        {part.label}
      </text>
    </>
  );
}

const GLYPHS: Readonly<Record<PartState, string>> = {
  pass: "M-3 .2l2.1 2.2L3-2.2",
  fail: "M-2.4-2.4l4.8 4.8M2.4-2.4l-4.8 4.8",
  affected: "M-2.4-2.6v2.8h4.6M.4-1.8l2 2-2 2",
  skip: "M-2.6 0h5.2",
  unknown: "M0-3v3.2M0 2.8v.1",
  running: "M-2.8 0h.1M0 0h.1M2.8 0h.1",
  waiting: "",
};

function Badge({ x, y, state, size = 7.5 }: { x: number; y: number; state: PartState; size?: number }) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <circle className={css.badge} r={size} />
      <path className={css.glyph} d={GLYPHS[state]} />
    </g>
  );
}

function Wire({ index, state }: { index: number; state: PartState }) {
  return (
    <path
      className={`${css.wire} ${css[state]}`}
      d={`M${nodeX(index) + 19} ${TOP}H${nodeX(index + 1) - 19}`}
    />
  );
}

/** Bridge, TAP and VMM are things of this machine. */
const MACHINE = { from: 1, to: 3, right: 28 } as const;
/** Its last name is a wide one. */
const GUEST = { from: 4, to: 6, right: 35 } as const;

interface ZoneProps {
  readonly from: number;
  readonly to: number;
  /** How far it reaches beyond the middle of its last part. */
  readonly right: number;
  readonly name: string;
}

const zoneBox = ({ from, to, right }: Omit<ZoneProps, "name">) => ({
  x: nodeX(from) - 28,
  y: 14,
  width: (to - from) * STEP + 28 + right,
  height: 94,
  rx: 12,
});

function Zone({ name, ...span }: ZoneProps) {
  const box = zoneBox(span);
  return (
    <g>
      <rect className={css.zone} {...box} />
      <text className={css.zoneName} x={box.x + box.width / 2} y="102">
        {name}
      </text>
    </g>
  );
}

/** The machine itself, as a part that can be opened. */
function ZoneShape({ part, state }: { part: Part; state: PartState }) {
  const box = zoneBox(MACHINE);
  return (
    <>
      <rect className={css.troubled} {...box} />
      <rect className={css.hit} x={box.x} y="90" width={box.width} height="18" rx="9" />
      <Badge x={box.x + 36} y={99} state={state} size={6.5} />
      <text className={css.zoneName} x={box.x + box.width / 2 + 8} y="102.5">
        {part.label}
      </text>
    </>
  );
}
