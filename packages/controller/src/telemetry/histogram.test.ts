import { expect, test } from "vitest";
import { Histogram, sample } from "./histogram.ts";

test("counts each duration in every bucket that holds it", () => {
  const histogram = new Histogram({ name: "took_seconds", help: "h", label: "pool", buckets: [0.1, 1] });
  for (const seconds of [0.05, 0.1, 0.5, 7]) histogram.observe("warm", seconds);
  expect(histogram.lines()).toEqual([
    "# HELP took_seconds h",
    "# TYPE took_seconds histogram",
    'took_seconds_bucket{pool="warm",le="0.1"} 2',
    'took_seconds_bucket{pool="warm",le="1"} 3',
    'took_seconds_bucket{pool="warm",le="+Inf"} 4',
    'took_seconds_sum{pool="warm"} 7.65',
    'took_seconds_count{pool="warm"} 4',
  ]);
});

test("escapes what would end a label", () => {
  expect(sample("a", { b: 'x"y\\z\n' }, 1)).toBe('a{b="x\\"y\\\\z\\n"} 1');
});
