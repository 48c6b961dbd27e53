import type { HostInfo } from "@browservm/contract";
import { Field } from "./field.tsx";

interface ImageFieldProps {
  readonly images: HostInfo["images"];
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (image: string) => void;
}

/** A choice of what is built on this machine; free text while the machine does not tell. */
export function ImageField({ images, value, problem, onChange }: ImageFieldProps) {
  const isKnown = images.some(({ name }) => name === value);
  return (
    <Field label="Image" problem={problem}>
      {(control) =>
        images.length === 0 ? (
          <input
            {...control}
            value={value}
            spellCheck={false}
            onChange={(event) => onChange(event.target.value)}
          />
        ) : (
          <select {...control} value={value} onChange={(event) => onChange(event.target.value)}>
            {isKnown ? null : <option value={value}>{value} (not built yet)</option>}
            {images.map(({ name, hasBrowser }) => (
              <option key={name} value={name}>
                {hasBrowser ? name : `${name} (without a browser)`}
              </option>
            ))}
          </select>
        )
      }
    </Field>
  );
}
