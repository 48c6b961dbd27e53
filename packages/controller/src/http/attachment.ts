const LAST_NAME = /[^/]*$/;
/** What RFC 8187 §3.2.1 does not let stand as it is, and encodeURIComponent does. */
const UNESCAPED = /['()*]/g;

/** Headers that make a browser save an answer under its path's last name, whatever its characters (RFC 6266). */
export function attachment(path: string): { "content-type": string; "content-disposition": string } {
  const name = LAST_NAME.exec(path)?.[0] ?? "";
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    UNESCAPED,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return {
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename*=UTF-8''${encoded}`,
  };
}
