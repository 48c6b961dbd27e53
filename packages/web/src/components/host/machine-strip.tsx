import type { HostInfo } from "@browservm/contract";
import { Cpu, MemoryStick, Snowflake } from "lucide-react";
import type { ReactNode } from "react";
import { formatAccelerator, formatMib } from "../../lib/format.ts";
import { IsolationBadge } from "../isolation-badge.tsx";
import { Skeleton } from "../skeleton.tsx";
import css from "./machine-strip.module.css";

const VMMS: Readonly<Record<string, string>> = {
  qemu: "QEMU",
  firecracker: "Firecracker",
  container: "crun",
  fake: "a stand-in",
};

interface MachineStripProps {
  readonly host: HostInfo | null;
  /** The page says already that something does not answer: nothing is waited for. */
  readonly isTroubled: boolean;
}

/** How this machine runs VMs, and why so; what room is left; whether it can freeze them. */
export function MachineStrip({ host, isTroubled }: MachineStripProps) {
  if (host === null)
    return isTroubled ? null : (
      <Skeleton words="Looking at the machine…" blocks={3} layout={css.strip} block={css.ghost} />
    );
  const { accelerator, memory, snapshots } = host;
  const { slots } = host.network;
  return (
    <dl className={css.strip}>
      <Fact icon={<Cpu size={18} />} name="Machines run on" why={accelerator.reason}>
        {VMMS[accelerator.driver] ?? accelerator.driver}, {formatAccelerator(accelerator.name)}{" "}
        <IsolationBadge isolation={host.isolation} />
      </Fact>
      <Fact
        icon={<MemoryStick size={18} />}
        name="Room"
        why={`${slots.total - slots.used - slots.resting} of ${slots.total} addresses are free`}
      >
        {formatMib(memory.availableMib)} of {formatMib(memory.totalMib)} free
        <meter
          className={css.meter}
          min={0}
          max={memory.totalMib}
          value={memory.totalMib - memory.availableMib}
          aria-label="Memory in use"
        />
      </Fact>
      <Fact icon={<Snowflake size={18} />} name="Starts from snapshots" why={snapshots.reason}>
        {snapshots.usable ? "yes" : "no, every machine boots"}
      </Fact>
    </dl>
  );
}

interface FactProps {
  readonly icon: ReactNode;
  readonly name: string;
  readonly why: string;
  readonly children: ReactNode;
}

function Fact({ icon, name, why, children }: FactProps) {
  return (
    <div className={css.fact}>
      <span className={css.icon} aria-hidden="true">
        {icon}
      </span>
      <dt>{name}</dt>
      <dd>
        <span className={css.value}>{children}</span>
        <small>{why}</small>
      </dd>
    </div>
  );
}
