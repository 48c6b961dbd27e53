import type { ClipboardPolicy } from "@browservm/contract";
import { Option } from "commander";

const WORDS: Readonly<Record<string, ClipboardPolicy>> = {
  both: { toGuest: true, fromGuest: true },
  in: { toGuest: true, fromGuest: false },
  out: { toGuest: false, fromGuest: true },
  closed: { toGuest: false, fromGuest: false },
};

/** `--clipboard`: which way its content may go. */
export const clipboardOption = () =>
  new Option(
    "--clipboard <way>",
    "which way content of the clipboard may go: into the VM, out of it",
  ).choices(Object.keys(WORDS));

/** What such a word asks for; undefined: what the machine allows. */
export const clipboardNamed = (word: string | undefined): ClipboardPolicy | undefined =>
  word === undefined ? undefined : WORDS[word];

/** A policy as such a word. */
export const clipboardWord = (policy: ClipboardPolicy): string | undefined =>
  Object.entries(WORDS).find(
    ([, { toGuest, fromGuest }]) => toGuest === policy.toGuest && fromGuest === policy.fromGuest,
  )?.[0];
