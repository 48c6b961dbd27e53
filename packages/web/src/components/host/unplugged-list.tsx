import { Unplug } from "lucide-react";
import { type Unplugged, unpluggedTrouble } from "../../lib/bridge-troubles.ts";
import { shortId } from "../../lib/doctor-view.ts";
import type { Selection } from "../../lib/part-facts.ts";
import css from "./unplugged-list.module.css";

interface UnpluggedListProps {
  readonly unplugged: readonly Unplugged[];
  readonly onSelect: (selection: Selection) => void;
}

/** TAPs of VMs that hang on no bridge, drawn apart with their loose ends. */
export function UnpluggedList({ unplugged, onSelect }: UnpluggedListProps) {
  if (unplugged.length === 0) return null;
  return (
    <section className={css.apart} aria-label="Not plugged in">
      <h3>
        <Unplug size={16} aria-hidden="true" /> Not plugged in
      </h3>
      <ul>
        {unplugged.map((one) => (
          <li key={one.vmId}>
            <button type="button" onClick={() => onSelect({ kind: "unplugged", vmId: one.vmId })}>
              <span className={css.tap}>{one.tap}</span>
              <span>{unpluggedTrouble(one).words}</span>
              <span className={css.of}>{shortId(one.sessionId ?? one.vmId)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
