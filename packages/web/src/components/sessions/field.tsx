import { type ReactNode, useId } from "react";
import css from "./field.module.css";

interface FieldControl {
  readonly id: string;
  readonly "aria-invalid"?: true;
  readonly "aria-describedby"?: string;
  readonly className: string;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly problem?: string | undefined;
  readonly children: (control: FieldControl) => ReactNode;
}

/** A labelled control, with what is wrong with it said right below. */
export function Field({ label, hint, problem, children }: FieldProps) {
  const id = useId();
  const says = problem ?? hint;
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        className: css.control ?? "",
        ...(problem === undefined ? {} : { "aria-invalid": true }),
        ...(says === undefined ? {} : { "aria-describedby": `${id}-says` }),
      })}
      {says === undefined ? null : (
        <p id={`${id}-says`} className={problem === undefined ? css.hint : css.problem}>
          {says}
        </p>
      )}
    </div>
  );
}
