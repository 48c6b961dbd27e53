/** Shorter values ("1", "true", "info") are no secrets, and would make the text unreadable. */
const SHORTEST = 6;

/** The text without these values, wherever they stand in it. */
export function redact(text: string, secrets: readonly string[]): string {
  const longestFirst = [...new Set(secrets)]
    .filter(({ length }) => length >= SHORTEST)
    .toSorted((a, b) => b.length - a.length);
  // In JSON a value may stand escaped.
  return longestFirst.reduce(
    (rest, secret) =>
      rest.replaceAll(secret, "[redacted]").replaceAll(JSON.stringify(secret).slice(1, -1), "[redacted]"),
    text,
  );
}
