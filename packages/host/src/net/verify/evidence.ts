import { type Evidence, sanitizeLine } from "@browservm/contract";

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
      subject: sanitizeLine(subject, 190),
      excerpt: sanitizeLine(excerpt, MAX_EXCERPT),
      at: new Date().toISOString(),
    });
  };
  return { note, list };
}
