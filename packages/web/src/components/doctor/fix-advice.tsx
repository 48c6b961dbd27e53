import type { DoctorFix } from "@browservm/contract";
import { Hand, RotateCw, SquareTerminal, WandSparkles } from "lucide-react";
import type { ReactNode } from "react";
import { CopyButton } from "../copy-button.tsx";
import { WithCode } from "../problem-card.tsx";
import css from "./fix-advice.module.css";

const KINDS = {
  auto: { Icon: WandSparkles, words: "BrowserVM can do this by itself" },
  command: { Icon: SquareTerminal, words: "Someone has to run this" },
  manual: { Icon: Hand, words: "Someone has to do this" },
  restart: { Icon: RotateCw, words: "Only a new VM helps" },
} as const;

/** What helps: in words, as commands to copy, and what it may interrupt. */
export function FixAdvice({ fix, action }: { fix: DoctorFix; action?: ReactNode }) {
  const { Icon, words } = KINDS[fix.kind];
  const commands = fix.commands.join("\n");
  return (
    <div className={css.fix}>
      <p className={css.kind}>
        <Icon size={15} aria-hidden="true" /> {words}
      </p>
      <p>
        <WithCode text={fix.text} />
      </p>
      {commands === "" ? null : (
        <div className={css.commands}>
          <pre>{commands}</pre>
          <CopyButton text={commands} what="commands" isSmall />
        </div>
      )}
      <div className={css.foot}>
        <p className={css.risk}>
          <strong>Interrupts:</strong> {fix.risk === "none" ? "nothing" : fix.risk}
        </p>
        {action}
      </div>
    </div>
  );
}
