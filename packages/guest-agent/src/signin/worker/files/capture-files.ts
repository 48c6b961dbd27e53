import { setTimeout as sleep } from "node:timers/promises";
import { SIGNIN_LIMITS } from "@browservm/contract/guest/signin-limits";
import { type CredentialFile, SigninError } from "../../orders.ts";
import { lookAtFile, type SeenFile } from "./look-at-file.ts";

/** So long nothing may change. */
const STILL_MS = 300;
const PATIENCE_MS = 5000;

/**
 * Reads all the files when none of them changes any more; those that may be missing are left out. SIGNIN_FILE_UNSTABLE,
 * and what a look at one file says.
 */
export async function captureFiles(home: string, files: readonly CredentialFile[]) {
  const end = performance.now() + PATIENCE_MS;
  let before: readonly SeenFile[] | SigninError = await lookAtAll(home, files);
  while (true) {
    await sleep(STILL_MS);
    const now = await lookAtAll(home, files);
    // In the middle of a write it may be missing or torn; what is so twice is so.
    const [first, second] = [nameOf(before), nameOf(now)];
    if (first === second) return now instanceof SigninError ? raise(now) : encode(now);
    if (performance.now() > end)
      throw new SigninError("SIGNIN_FILE_UNSTABLE", "the credential files keep changing");
    before = now;
  }
}

async function lookAtAll(
  home: string,
  files: readonly CredentialFile[],
): Promise<readonly SeenFile[] | SigninError> {
  const seen: SeenFile[] = [];
  try {
    for (const file of files) {
      const found = await lookAtFile(home, file).catch((error) => unlessOptional(error, file));
      if (found) seen.push(found);
    }
    return seen;
  } catch (error) {
    if (error instanceof SigninError) return error;
    throw error;
  }
}

function unlessOptional(error: unknown, { optional }: CredentialFile): undefined {
  if (optional && error instanceof SigninError && error.code === "FILE_NOT_FOUND") return undefined;
  throw error;
}

const nameOf = (seen: readonly SeenFile[] | SigninError): string =>
  seen instanceof SigninError
    ? `${seen.code} ${seen.path}`
    : seen.map(({ path, fingerprint }) => `${path} ${fingerprint}`).join("\n");

function encode(seen: readonly SeenFile[]) {
  const total = seen.reduce((sum, { content }) => sum + content.length, 0);
  if (total > SIGNIN_LIMITS.filesBytes)
    throw new SigninError(
      "FILE_TOO_LARGE",
      `all files together are larger than ${SIGNIN_LIMITS.filesBytes} bytes`,
    );
  return seen.map(({ path, mode, content }) => ({ path, mode, data: content.toString("base64") }));
}

function raise(error: SigninError): never {
  throw error;
}
