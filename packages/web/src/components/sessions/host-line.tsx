import type { HostInfo } from "@browservm/contract";
import { Server } from "lucide-react";
import { formatAccelerator } from "../../lib/format.ts";
import css from "./host-line.module.css";

/** The machine in one line: its name, how VMs run on it, how many more it can take. */
export function HostLine({ host }: { host: HostInfo | null }) {
  if (host === null) return null;
  const { slots } = host.network;
  const room = `${slots.used} of ${slots.total} addresses in use`;
  return (
    <p className={css.line} title={`${host.accelerator.reason}; ${room}`}>
      <Server size={15} aria-hidden="true" />
      <span className="visually-hidden">This machine: </span>
      <span className={css.name}>{host.hostname}</span>
      <span className={css.fact}>{formatAccelerator(host.accelerator.name)}</span>
      <span className={css.fact}>{room}</span>
    </p>
  );
}
