import type { HostPicture } from "@browservm/contract";

/** Packets a second at one port, as the kernel counts them: `rx` comes from the VM, `tx` goes to it. */
export interface PacketRate {
  readonly rx: number;
  readonly tx: number;
  readonly dropped: number;
}

export type PacketRates = ReadonlyMap<string, PacketRate>;

interface Counters {
  readonly name: string;
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly rxDropped: number;
  readonly txDropped: number;
}

const countersOf = (picture: HostPicture): readonly Counters[] => [
  ...(picture.bridge ? [picture.bridge] : []),
  ...picture.ports,
];

/** What passed between two pictures, by port and for the bridge. A port that is new, or whose counters began anew, has no rate. */
export function ratesBetween(before: HostPicture, now: HostPicture): PacketRates {
  const seconds = (Date.parse(now.at) - Date.parse(before.at)) / 1000;
  const old = new Map(countersOf(before).map((one) => [one.name, one]));
  const rates = new Map<string, PacketRate>();
  if (!(seconds > 0)) return rates;
  for (const port of countersOf(now)) {
    const was = old.get(port.name);
    if (was === undefined) continue;
    const deltas = [
      port.rxPackets - was.rxPackets,
      port.txPackets - was.txPackets,
      port.rxDropped + port.txDropped - was.rxDropped - was.txDropped,
    ].map((delta) => delta / seconds);
    const [rx = 0, tx = 0, dropped = 0] = deltas;
    if (Math.min(...deltas) >= 0) rates.set(port.name, { rx, tx, dropped });
  }
  return rates;
}

/** Two looks closer than this say little about a rate. In milliseconds. */
const MIN_GAP_MS = 900;
const HISTORY = 60;

/** Rates over a series of pictures. */
export class RateMeter {
  #base: HostPicture | null = null;
  #rates: PacketRates = new Map();
  #history: readonly number[] = [];

  /** The rates after one more picture. */
  observe(picture: HostPicture): PacketRates {
    const base = this.#base;
    if (base !== null && Date.parse(picture.at) - Date.parse(base.at) < MIN_GAP_MS) return this.#rates;
    this.#base = picture;
    if (base === null) return this.#rates;
    this.#rates = ratesBetween(base, picture);
    const all = this.#rates.get(picture.bridge?.name ?? "");
    this.#history = [...this.#history, totalRate(all) ?? 0].slice(-HISTORY);
    return this.#rates;
  }

  /** Packets a second at the bridge, oldest first. */
  get history(): readonly number[] {
    return this.#history;
  }
}

/** Both ways together; undefined where nothing is known. */
export function totalRate(rate: PacketRate | undefined): number | undefined {
  return rate === undefined ? undefined : rate.rx + rate.tx;
}

/** The points of a line through some values, for a box of that size. Its top is the greatest of them. */
export function sparkline(values: readonly number[], width: number, height: number): string {
  if (values.length < 2) return "";
  const most = Math.max(1, ...values);
  const step = width / (values.length - 1);
  return values
    .map((value, index) => `${(index * step).toFixed(1)},${(height - (value / most) * height).toFixed(1)}`)
    .join(" ");
}
