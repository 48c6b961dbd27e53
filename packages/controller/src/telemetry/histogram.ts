type Labels = Readonly<Record<string, string>>;

/** One line of the text exposition format; label values are escaped as it says. */
export function sample(name: string, labels: Labels, value: number): string {
  const inner = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  return `${name}${inner.length > 0 ? `{${inner.join(",")}}` : ""} ${value}`;
}

/** The lines that come before a metric's samples. */
export const header = (name: string, type: "counter" | "gauge" | "histogram", help: string): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
];

const escaped = (text: string) =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

interface Series {
  readonly counts: number[];
  sum: number;
  total: number;
}

export interface HistogramSpec {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** Upper bounds in seconds, ascending. */
  readonly buckets: readonly number[];
}

/** Durations by one label, counted since the process began. */
export class Histogram {
  readonly #spec: HistogramSpec;
  readonly #series = new Map<string, Series>();

  constructor(spec: HistogramSpec) {
    this.#spec = spec;
  }

  observe(label: string, seconds: number): void {
    const { buckets } = this.#spec;
    const series = this.#series.get(label) ?? { counts: buckets.map(() => 0), sum: 0, total: 0 };
    this.#series.set(label, series);
    const at = buckets.findIndex((bound) => seconds <= bound);
    if (at >= 0) series.counts[at] = (series.counts[at] ?? 0) + 1;
    series.sum += seconds;
    series.total += 1;
  }

  lines(): string[] {
    const { name, help, label, buckets } = this.#spec;
    const samples = [...this.#series].flatMap(([value, { counts, sum, total }]) => {
      let below = 0;
      const rows = buckets.map((bound, index) => {
        below += counts[index] ?? 0;
        return sample(`${name}_bucket`, { [label]: value, le: String(bound) }, below);
      });
      return [
        ...rows,
        sample(`${name}_bucket`, { [label]: value, le: "+Inf" }, total),
        sample(`${name}_sum`, { [label]: value }, sum),
        sample(`${name}_count`, { [label]: value }, total),
      ];
    });
    return [...header(name, "histogram", help), ...samples];
  }
}
