import { Upload } from "lucide-react";
import css from "./drop-zone.module.css";

/** Lies over the display while files are held over it. */
export function DropZone({ isOver }: { isOver: boolean }) {
  if (!isOver) return null;
  return (
    <div className={css.zone} data-testid="drop-zone">
      <p>
        <Upload size={26} aria-hidden="true" />
        Drop to put it into the VM’s Downloads
      </p>
    </div>
  );
}
