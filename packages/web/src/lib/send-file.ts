import {
  BrowserVmError,
  DOWNLOADS,
  fromProblem,
  type SessionId,
  type WrittenFile,
} from "@browservm/contract";
import { client } from "./client.ts";

export interface Sending {
  readonly signal: AbortSignal;
  /** Bytes that have gone out. */
  readonly onSent: (bytes: number) => void;
}

/**
 * Puts a file of the reader into the session's downloads; one of that name there stays, and the new one gets another.
 * By XMLHttpRequest, for `fetch` does not tell how far it is.
 */
export async function sendFile(id: SessionId, file: File, { signal, onSent }: Sending): Promise<WrittenFile> {
  const { csrfToken } = await client.me({ signal });
  const request = new XMLHttpRequest();
  request.open("PUT", client.sessions.files(id).pathOf(`${DOWNLOADS}/${file.name}`, { ifExists: "rename" }));
  request.setRequestHeader("content-type", "application/octet-stream");
  if (csrfToken !== null) request.setRequestHeader("x-csrf-token", csrfToken);
  request.upload.addEventListener("progress", ({ loaded }) => onSent(loaded));
  const cancel = () => request.abort();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      request.addEventListener("load", () => {
        if (request.status === 201) resolve(JSON.parse(request.responseText));
        else reject(problemOf(request.responseText));
      });
      request.addEventListener("error", () =>
        reject(new BrowserVmError("NOT_RUNNING", "the connection broke off")),
      );
      request.addEventListener("abort", () => reject(new BrowserVmError("CANCELLED", "you cancelled it")));
      request.send(file);
    });
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

function problemOf(text: string): BrowserVmError {
  try {
    return fromProblem(JSON.parse(text));
  } catch {
    return fromProblem(null); // not ours: told as a protocol error
  }
}
