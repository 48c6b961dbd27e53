import type { Evidence } from "@browservm/contract";

export type Note = (source: Evidence["source"], subject: string, excerpt: string) => void;

const MAX_EXCERPT = 1900;
const MAX_NOTES = 40;

/** Collects what one step saw. Bounded and without control characters: parts of it are a guest's own words. */
export function evidenceList(): { readonly note: Note; readonly list: Evidence[] } {
  const list: Evidence[] = [];
  const note: Note = (source, subject, excerpt) => {
    if (list.length >= MAX_NOTES) return;
    list.push({
      source,
      subject: printable(subject).slice(0, 190),
      excerpt: printable(excerpt).slice(0, MAX_EXCERPT),
      at: new Date().toISOString(),
    });
  };
  return { note, list };
}

function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}
