import type { PortRange } from "@browservm/contract";

/** Addresses and ports, both inclusive. */
export interface Rectangle {
  readonly first: number;
  readonly last: number;
  readonly ports: PortRange;
}

export interface AddressSpan {
  readonly first: number;
  readonly last: number;
}

/** The same addresses and ports in pieces that do not overlap: the kernel refuses a set in which two do. */
export function disjoint(rectangles: readonly Rectangle[]): Rectangle[] {
  const cuts = rectangles.flatMap(({ first, last }) => [first, last + 1]);
  const sorted = [...new Set(cuts)].sort((a, b) => a - b);
  const slices = sorted.slice(0, -1).map((first, index) => {
    const last = (sorted[index + 1] ?? first + 1) - 1;
    const over = rectangles.filter((one) => one.first <= first && one.last >= last);
    return { first, last, ports: mergePorts(over.map(({ ports }) => ports)) };
  });
  return joined(slices).flatMap(({ first, last, ports }) =>
    ports.map((range) => ({ first, last, ports: range })),
  );
}

/** `rectangle` without these spans, which are sorted and do not overlap. */
export function without(rectangle: Rectangle, spans: readonly AddressSpan[]): Rectangle[] {
  const pieces: Rectangle[] = [];
  let first = rectangle.first;
  for (const span of spans) {
    if (span.last < first || span.first > rectangle.last) continue;
    if (span.first > first) pieces.push({ ...rectangle, first, last: span.first - 1 });
    first = span.last + 1;
  }
  return first <= rectangle.last ? [...pieces, { ...rectangle, first }] : pieces;
}

interface Slice extends AddressSpan {
  readonly ports: readonly PortRange[];
}

/** Neighbours that are open for the same ports are one. */
function joined(slices: readonly Slice[]): Slice[] {
  const rows: Slice[] = [];
  for (const slice of slices) {
    const before = rows.at(-1);
    const isSame = before && before.last + 1 === slice.first && print(before.ports) === print(slice.ports);
    if (isSame) rows[rows.length - 1] = { ...before, last: slice.last };
    else rows.push(slice);
  }
  return rows;
}

const print = (ports: readonly PortRange[]): string => ports.map(({ from, to }) => `${from}-${to}`).join();

function mergePorts(ports: readonly PortRange[]): PortRange[] {
  const merged: PortRange[] = [];
  for (const range of ports.toSorted((a, b) => a.from - b.from)) {
    const before = merged.at(-1);
    if (before && range.from <= before.to + 1)
      merged[merged.length - 1] = { from: before.from, to: Math.max(before.to, range.to) };
    else merged.push(range);
  }
  return merged;
}
