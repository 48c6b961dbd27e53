"use client";
import type { Repair, VmHealth } from "@browservm/contract";
import { HeartPulse, Stethoscope } from "lucide-react";
import { formatAgo } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../button.tsx";
import css from "./health-bar.module.css";

interface HealthBarProps {
  readonly health: VmHealth | undefined;
  /** Absent for those who may only look. */
  readonly onWhy?: (() => void) | undefined;
}

/** Says that a session's network is not well any more, and leads to the reason. */
export function HealthBar({ health, onWhy }: HealthBarProps) {
  if (health === undefined || health.verdict === "healthy") return null;
  const isBroken = health.verdict === "faults";
  return (
    <div className={css.bar} data-verdict={health.verdict} role="status">
      <HeartPulse size={17} aria-hidden="true" />
      <span>
        {isBroken
          ? "The network of this session has a fault"
          : "It cannot be told whether the network is well"}
        {health.codes.length > 0 ? ": " : "."}
        {health.codes.length > 0 ? <code>{health.codes.join(", ")}</code> : null}
      </span>
      {onWhy ? (
        <Button icon={<Stethoscope size={15} />} onClick={onWhy}>
          Why?
        </Button>
      ) : null}
    </div>
  );
}

/** A repair stays worth a note for so long. In milliseconds. */
const NOTED_MS = 10 * 60_000;

/** A small note after a repair of this VM. */
export function HealedNote({ repairs }: { repairs: readonly Repair[] }) {
  const now = useNow();
  const last = repairs.find(({ outcome }) => outcome === "repaired");
  if (now === null || last === undefined || now - Date.parse(last.at) > NOTED_MS) return null;
  return (
    <p className={css.healed} title={last.step || last.code}>
      <HeartPulse size={15} aria-hidden="true" />
      <span>
        <strong>Healed {formatAgo(last.at, now)}:</strong> {last.cause}
      </span>
    </p>
  );
}
