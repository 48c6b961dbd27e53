import type { Isolation } from "@browservm/contract";
import { ShieldAlert } from "lucide-react";
import css from "./isolation-badge.module.css";

const MEANING =
  "This runs in a container: it shares the kernel of its machine, which isolates less than a virtual machine does.";

interface IsolationBadgeProps {
  readonly isolation: Isolation | undefined;
  /** Where there is little room: its meaning is then in its title. */
  readonly isShort?: boolean;
}

/** Says of what runs in a container that it is not a VM; nothing of a VM. */
export function IsolationBadge({ isolation, isShort = false }: IsolationBadgeProps) {
  if (isolation !== "container") return null;
  return (
    <span className={css.badge} title={MEANING}>
      <ShieldAlert size={14} aria-hidden="true" />
      <span>
        Container<span className={isShort ? "visually-hidden" : css.more}>: weaker isolation</span>
      </span>
    </span>
  );
}
