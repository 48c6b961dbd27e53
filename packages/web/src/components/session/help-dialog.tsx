import type { ReactNode } from "react";
import { Dialog } from "../dialog.tsx";
import css from "./help-dialog.module.css";

interface Row {
  readonly how: ReactNode;
  readonly what: string;
}

const KEYBOARD: readonly Row[] = [
  { how: "A click on the picture, or “Type in the browser”", what: "gives the VM your keyboard" },
  {
    how: (
      <>
        <kbd>Ctrl</kbd> <kbd>Alt</kbd> <kbd>Shift</kbd>
      </>
    ),
    what: "together, then let go: gives the keyboard back to this page",
  },
  {
    how: (
      <>
        <kbd>Ctrl</kbd> <kbd>Alt</kbd> <kbd>S</kbd>
      </>
    ),
    what: "numbers of the picture, also while the VM has the keyboard",
  },
  {
    how: (
      <>
        <kbd>←</kbd> <kbd>→</kbd> <kbd>Home</kbd> <kbd>End</kbd>
      </>
    ),
    what: "go through the tabs of the side panel",
  },
];

const FULL_SCREEN: readonly Row[] = [
  { how: <kbd>Esc</kbd>, what: "leaves it; where the browser gives this page all its keys, held down" },
  {
    how: (
      <>
        <kbd>Ctrl</kbd> <kbd>W</kbd>, <kbd>Alt</kbd> <kbd>Tab</kbd> …
      </>
    ),
    what: "go to the VM there in Chromium-based browsers, on HTTPS; elsewhere this browser and your desktop keep them",
  },
];

const TOUCH: readonly Row[] = [
  { how: "Tap", what: "clicks" },
  { how: "Tap with two fingers, or touch and hold", what: "clicks with the right button" },
  { how: "Tap with three fingers", what: "clicks with the middle button" },
  { how: "Move one finger", what: "drags" },
  { how: "Move two fingers", what: "scrolls; moves the picture while it is enlarged" },
  { how: "Pinch", what: "enlarges the picture, on this screen only" },
  { how: "Ctrl and Alt in the row of keys", what: "stay down until the next key" },
];

/** Which keys and gestures do what, and which of them the VM gets. */
export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys and gestures" onClose={onClose}>
      <Rows title="Keyboard" rows={KEYBOARD} />
      <Rows title="In full screen" rows={FULL_SCREEN} />
      <Rows title="Touch" rows={TOUCH} />
    </Dialog>
  );
}

function Rows({ title, rows }: { title: string; rows: readonly Row[] }) {
  return (
    <section className={css.part} aria-label={title}>
      <h3>{title}</h3>
      <dl>
        {rows.map(({ how, what }) => (
          <div key={what}>
            <dt>{how}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
