const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span in the fewest words: "8 s", "4 min", "2 h 5 min", "3 d". `ms` below zero counts as zero. */
export function formatSpan(ms: number): string {
  const span = Math.max(0, ms);
  if (span < MINUTE) return `${Math.floor(span / 1000)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  const minutes = Math.floor((span % HOUR) / MINUTE);
  if (span < DAY) return `${Math.floor(span / HOUR)} h${minutes === 0 ? "" : ` ${minutes} min`}`;
  return `${Math.floor(span / DAY)} d`;
}

/** How long something took: "12 ms", "3.4 s", "1 min 12 s". */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / 1000)} s`;
}

/** A running clock: "0:07", "12:30". */
export function formatClock(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The time of day of an ISO time, to the millisecond, in the reader's zone. */
export function formatTime(iso: string): string {
  const at = new Date(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** What a person calls a page: its host and path, without scheme and trailing slash. */
export function formatPage(url: string | null): string {
  if (url === null || url === "" || url === "about:blank") return "New tab";
  try {
    const { protocol, host, pathname } = new URL(url);
    if (protocol !== "http:" && protocol !== "https:") return url.slice(0, 60);
    return host + (pathname === "/" ? "" : pathname);
  } catch {
    return url;
  }
}

/** What a person calls an accelerator. */
export function formatAccelerator(name: string): string {
  if (name === "kvm") return "KVM";
  if (name === "tcg") return "emulated";
  if (name === "none") return "container";
  return name;
}

/** Packets a second in the fewest words: "0", "0.4", "36", "12.3k". */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return "0";
  if (perSecond < 9.95) return perSecond.toFixed(1);
  if (perSecond < 9_950) return String(Math.round(perSecond));
  return `${(perSecond / 1000).toFixed(1)}k`;
}

/** How long ago a time was: "now", "12 s ago", "4 min ago". */
export function formatAgo(iso: string, now: number): string {
  const ms = now - Date.parse(iso);
  return ms < 1000 ? "now" : `${formatSpan(ms)} ago`;
}

/** An amount of memory or disk: "64 MiB", "1.5 GiB". */
export function formatMib(mib: number): string {
  if (mib < 1) return "< 1 MiB";
  return mib < 1024 ? `${Math.round(mib)} MiB` : `${(mib / 1024).toFixed(1).replace(".0", "")} GiB`;
}

/** A day and a time of day in the reader's zone: "27 Nov 2026, 14:03:09". */
export const formatDate = (iso: string): string =>
  new Date(iso).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
