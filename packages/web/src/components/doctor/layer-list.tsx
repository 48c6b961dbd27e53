import type { DoctorReport, DoctorVerdict } from "@browservm/contract";
import { type CheckRow, type LayerRows, layerRows, layerWord } from "../../lib/doctor-view.ts";
import type { PartState } from "../../lib/path-picture.ts";
import { VerdictMark } from "../session/verdict-mark.tsx";
import { CodeButton } from "./code-button.tsx";
import css from "./report-view.module.css";

/** Everything that was looked at, layer by layer from the outside in. */
export function LayerList({ report }: { report: DoctorReport }) {
  return (
    <section aria-label="Every check, by layer">
      <h3 className={css.allTitle}>Everything that was looked at</h3>
      <div className={css.layers}>
        {layerRows(report).map((layer) => (
          <Layer key={layer.layer} layer={layer} />
        ))}
      </div>
    </section>
  );
}

function mark({ verdict, isSymptom }: Pick<CheckRow, "verdict" | "isSymptom">): PartState {
  if (verdict === "warn") return "unknown";
  return verdict === "fail" && isSymptom ? "affected" : verdict;
}

function Layer({ layer: { layer, verdict, isSymptom, rows } }: { layer: LayerRows }) {
  const good = rows.filter((row) => row.verdict === "pass").length;
  return (
    <details className={css.layer} data-verdict={verdict}>
      <summary>
        <VerdictMark state={mark({ verdict, isSymptom })} />
        <span className={css.layerName}>{layerWord(layer)}</span>
        <span className={css.tally}>
          {good} of {rows.length}
        </span>
      </summary>
      <ul className={css.rows}>
        {rows.map((row) => (
          <li key={row.code}>
            <VerdictMark state={mark(row)} size={14} />
            <span>{row.title}</span>
            <span className={css.counts}>{countsOf(row)}</span>
            <CodeButton code={row.code} title={row.title} />
          </li>
        ))}
      </ul>
    </details>
  );
}

const WORDS: Readonly<Record<DoctorVerdict, string>> = {
  pass: "passed",
  warn: "warned",
  fail: "failed",
  skip: "not asked",
  unknown: "could not tell",
};

/** Only where one verdict does not say all. */
function countsOf({ counts }: CheckRow): string {
  const told = Object.entries(counts) as [DoctorVerdict, number][];
  const [only] = told;
  if (told.length === 1 && only?.[1] === 1) return only[0] === "pass" ? "" : WORDS[only[0]];
  return told.map(([verdict, number]) => `${number} ${WORDS[verdict]}`).join(", ");
}
