"use client";
import type { VideoCodec } from "@browservm/contract";
import type { LiveViewer, ViewerState } from "@browservm/sdk/viewer";
import type { ReactNode } from "react";
import css from "./quality-menu.module.css";

interface QualityFieldsProps {
  readonly viewer: LiveViewer;
  readonly stream: ViewerState["stream"];
}

const CODECS: Readonly<Record<VideoCodec, string>> = { vp8: "VP8", h264: "H.264" };
const LIMITS_KBPS = [500, 1000, 2000, 4000, 8000] as const;
const RATES = [5, 10, 15, 24, 30, 60] as const;

/** How the picture is encoded, for all who look. */
export function QualityFields({ viewer, stream }: QualityFieldsProps) {
  if (stream === null) return <p className={css.note}>Codec, limit and rate can be set while video plays.</p>;
  const { codec, codecs, fps, maxKbps } = stream;
  const limits =
    maxKbps === null ? LIMITS_KBPS : [...new Set([...LIMITS_KBPS, maxKbps])].sort((a, b) => a - b);
  const rates = [...new Set([...RATES, fps])].sort((a, b) => a - b);
  return (
    <div className={css.fields}>
      <Field name="Codec" value={codec} onChange={(value) => viewer.setQuality({ codec: value })}>
        {codecs.map((one) => (
          <option key={one} value={one}>
            {CODECS[one]}
          </option>
        ))}
      </Field>
      <Field
        name="At most"
        value={String(maxKbps ?? "")}
        onChange={(value) => viewer.setQuality({ maxKbps: String(value) === "" ? null : Number(value) })}
      >
        <option value="">as the network allows</option>
        {limits.map((kbps) => (
          <option key={kbps} value={kbps}>
            {kbps / 1000} Mbit/s
          </option>
        ))}
      </Field>
      <Field
        name="Frames"
        value={String(fps)}
        onChange={(value) => viewer.setQuality({ fps: Number(value) })}
      >
        {rates.map((rate) => (
          <option key={rate} value={rate}>
            {rate} per second
          </option>
        ))}
      </Field>
      <p className={css.note}>These are for everybody who looks at this session.</p>
    </div>
  );
}

interface FieldProps<T extends string> {
  readonly name: string;
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly children: ReactNode;
}

function Field<T extends string>({ name, value, onChange, children }: FieldProps<T>) {
  return (
    <label className={css.field}>
      <span>{name}</span>
      <select value={value} onChange={(event) => onChange(event.target.value as T)}>
        {children}
      </select>
    </label>
  );
}
