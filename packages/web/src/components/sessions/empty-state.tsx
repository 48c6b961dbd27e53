import { Plus } from "lucide-react";
import { Button } from "../button.tsx";
import css from "./empty-state.module.css";

interface EmptyStateProps {
  /** Nobody ever made a session here: say what this is. */
  readonly isFirst: boolean;
  readonly onCreate: () => void;
}

/** What to do when no session runs. */
export function EmptyState({ isFirst, onCreate }: EmptyStateProps) {
  return (
    <section className={css.empty}>
      <Drawing />
      <h2>{isFirst ? "A browser of its own, in a machine of its own" : "No session is running"}</h2>
      <p>
        {isFirst
          ? "Each session is a real Chromium inside its own virtual machine. Its network is proven layer by layer before you get it, and you use it live in this page."
          : "Start one: it is a fresh Chromium in a fresh virtual machine."}
      </p>
      <Button look="primary" icon={<Plus size={17} />} onClick={onCreate}>
        Start {isFirst ? "your first" : "a"} session
      </Button>
      {isFirst ? (
        <p className={css.shell}>
          or in a terminal: <code>browservm run https://example.com</code>
        </p>
      ) : null}
    </section>
  );
}

/** A window inside a chip: a browser inside a machine. */
function Drawing() {
  const pins = [52, 76, 100, 124, 148];
  return (
    <svg className={css.drawing} viewBox="0 0 200 140" aria-hidden="true" focusable="false">
      <g className={css.pins}>
        {pins.map((x) => (
          <path key={x} d={`M${x} 8v14M${x} 118v14`} />
        ))}
        <path d="M14 46h14M14 70h14M14 94h14M172 46h14M172 70h14M172 94h14" />
      </g>
      <rect className={css.chip} x="28" y="22" width="144" height="96" rx="14" />
      <rect className={css.window} x="50" y="40" width="100" height="60" rx="7" />
      <path className={css.bar} d="M50 54h100" />
      <circle className={css.light} cx="59" cy="47" r="2.2" />
      <circle className={css.light} cx="67" cy="47" r="2.2" />
      <path className={css.tick} d="M88 77l8.5 8 16-17" />
    </svg>
  );
}
