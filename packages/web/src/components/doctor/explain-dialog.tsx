import { CopyButton } from "../copy-button.tsx";
import { Dialog } from "../dialog.tsx";
import css from "./code-button.module.css";

interface ExplainDialogProps {
  readonly code: string;
  readonly title: string | undefined;
  readonly cause: string | undefined;
  readonly onClose: () => void;
}

/** What a fault's name stands for, and where all about it is written. */
export function ExplainDialog({ code, title, cause, onClose }: ExplainDialogProps) {
  const command = `browservm doctor --explain ${code}`;
  return (
    <Dialog title={code} width="narrow" onClose={onClose}>
      <div className={css.explain}>
        <dl>
          {title ? (
            <>
              <dt>How it should be</dt>
              <dd>{title}</dd>
            </>
          ) : null}
          {cause ? (
            <>
              <dt>What was seen</dt>
              <dd>{cause}</dd>
            </>
          ) : null}
        </dl>
        <p>Symptom, cause, the observation that settles it, and the fix, on the machine's own terminal:</p>
        <p className={css.shell}>
          <code>{command}</code>
          <CopyButton text={command} what="command" isSmall />
        </p>
        <p>
          The same is in the reference of faults: <code>docs/reference/faults.md</code>.
        </p>
      </div>
    </Dialog>
  );
}
