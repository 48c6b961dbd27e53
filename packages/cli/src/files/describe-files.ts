import type { FileEntry, FileListing } from "@browservm/contract";
import { printable } from "../output.ts";
import { table } from "../table.ts";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** "1.5 MiB" */
export function inUnits(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const number = bytes / 1024 ** step;
  return `${step === 0 ? number : number.toFixed(1)} ${UNITS[step]}`;
}

const MARKS: Readonly<Record<FileEntry["kind"], string>> = {
  file: "",
  directory: "/",
  link: "@",
  other: "?",
};

/** The listing for people. Names come from a guest: nothing in them steers a terminal. */
export function describeFiles({ entries, truncated }: FileListing): string {
  if (entries.length === 0) return "nothing is there";
  const rows = entries.map(({ name, kind, size, modifiedAt }) => [
    kind === "file" ? inUnits(size) : "-",
    modifiedAt.slice(0, 19).replace("T", " "),
    `${printable(name).replaceAll("\n", "�")}${MARKS[kind]}`,
  ]);
  const words = table(["SIZE", "MODIFIED (UTC)", "NAME"], rows);
  return truncated ? `${words}\n(there are more)` : words;
}
