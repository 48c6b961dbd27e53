import { expect, test } from "vitest";
import { mmdebstrapNotes } from "./mmdebstrap-progress.ts";

function notesOf(lines: readonly string[]): string[] {
  const notes: string[] = [];
  const tell = mmdebstrapNotes({ note: (line) => notes.push(line) });
  for (const line of lines) tell(line);
  return notes;
}

test("apt's and dpkg's lines become a share of the whole", () => {
  expect(
    notesOf([
      "I: running apt-get update...",
      "0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.",
      "Get:1 http://deb.debian.org/debian bookworm/main amd64 libc6 amd64 2.36 [2757 kB]",
      "Get:2 http://deb.debian.org/debian bookworm/main amd64 zlib1g amd64 1.2 [87 kB]",
      "Unpacking libc6:amd64 (2.36) ...",
      "Unpacking zlib1g:amd64 (1.2) ...",
      "Setting up libc6:amd64 (2.36) ...",
      "Setting up zlib1g:amd64 (1.2) ...",
    ]),
  ).toEqual([
    "16 % · fetching libc6",
    "33 % · fetching zlib1g",
    "50 % · unpacking libc6:amd64",
    "66 % · unpacking zlib1g:amd64",
    "83 % · setting up libc6:amd64",
    "99 % · setting up zlib1g:amd64",
  ]);
});

test("errors and warnings are passed on, other lines are not", () => {
  expect(notesOf(["Reading package lists...", "E: Unable to locate package floppy", "done"])).toEqual([
    "E: Unable to locate package floppy",
  ]);
});
