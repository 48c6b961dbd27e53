import type { Isolation } from "@browservm/contract";
import { ShieldAlert } from "lucide-react";
import css from "./isolation-badge.module.css";

const MEANING =
  "This runs in a container: it shares the kernel of its machine, which isolates less than a virtual machine does.";

/** Says of what runs in a container that it is not a VM; nothing of a VM. */
export function IsolationBadge({ isolation }: { isolation: Isolation | undefined }) {
  if (isolation !== "container") return null;
  return (
    <span className={css.badge} title={MEANING}>
      <ShieldAlert size={14} aria-hidden="true" />
      <span>
        Container<span className={css.more}>: weaker isolation</span>
      </span>
    </span>
  );
}
