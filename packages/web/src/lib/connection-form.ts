import type { ConnectionKind } from "@browservm/contract";
import type { ConnectionDraft } from "./connection-draft.ts";
import { formText } from "./form-text.ts";

/** Larger files are read by nobody: what is stored may be much smaller. */
const MOST_BYTES = 1_048_576;

/** Reads the form of a connection once, with the files that were chosen. */
export async function readConnectionForm(
  form: HTMLFormElement,
  kind: ConnectionKind,
): Promise<ConnectionDraft> {
  const fields = new FormData(form);
  const text = formText(form);
  const pasted = text("pasted");
  const paths = fields.getAll("path").map(String);
  const chosen = fields.getAll("files").filter(isRealFile);
  return {
    kind,
    provider: text("provider"),
    subject: text("subject"),
    issuer: text("issuer"),
    tokenEndpoint: text("tokenEndpoint"),
    clientId: text("clientId"),
    clientSecret: text("clientSecret"),
    json: pasted === "" ? await fileText(fields.get("json")) : pasted,
    files: await Promise.all(
      chosen.map(async (file, index) => ({ path: paths[index] ?? file.name, data: await base64(file) })),
    ),
  };
}

/** A field without a file holds an empty one. */
const isRealFile = (value: FormDataEntryValue | null): value is File =>
  value instanceof File && value.name !== "";

const fileText = async (value: FormDataEntryValue | null): Promise<string> =>
  isRealFile(value) && value.size <= MOST_BYTES ? value.text() : "";

/** Of a file that is too large something that the contract refuses. */
async function base64(file: File): Promise<string> {
  if (file.size > MOST_BYTES) return "!";
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
