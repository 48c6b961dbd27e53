import { type CredentialFile, SigninError } from "../../orders.ts";
import { lookAtFile } from "./look-at-file.ts";

/** Looks in a row that must see the same. */
const STILL_LOOKS = 3;
/** Faults that no waiting cures, unless they pass at once. */
const HARD: ReadonlySet<string> = new Set(["FILE_REFUSED", "FILE_TOO_LARGE"]);
const HARD_LOOKS = 8;

/** Watches for the credential files of a tool: ready when all that must be there are, are new, and change no more. */
export class FileWatch {
  readonly #home: string;
  readonly #files: readonly CredentialFile[];
  readonly #old = new Map<string, string>();
  #last = "";
  #same = 0;
  #fault: SigninError | undefined;

  constructor(home: string, files: readonly CredentialFile[]) {
    this.#home = home;
    this.#files = files;
  }

  /** Remembers what is there: a tool that finds old credentials writes new ones when somebody has signed in. */
  async begin(): Promise<void> {
    for (const file of this.#files) {
      const seen = await this.#see(file);
      if (!(seen instanceof SigninError)) this.#old.set(file.path, seen);
    }
  }

  /** What stands in the way, since the last look. */
  get fault(): SigninError | undefined {
    return this.#fault;
  }

  /** Whether what stands in the way will stay there. */
  get isHopeless(): boolean {
    return this.#fault !== undefined && HARD.has(this.#fault.code) && this.#same >= HARD_LOOKS;
  }

  /** One look, to be repeated every quarter of a second. `mayBeOld`: credentials from before are as good. */
  async isReady({ mayBeOld }: { readonly mayBeOld: boolean }): Promise<boolean> {
    const seen: string[] = [];
    this.#fault = undefined;
    for (const file of this.#files) {
      const found = await this.#see(file);
      if (found instanceof SigninError) {
        if (!file.optional || found.code !== "FILE_NOT_FOUND") this.#fault ??= found;
      } else if (!mayBeOld && !file.optional && this.#old.get(file.path) === found)
        this.#fault ??= new SigninError("FILE_NOT_FOUND", `${file.path} is from before`, file.path);
      seen.push(found instanceof SigninError ? `${file.path} ${found.code}` : `${file.path} ${found}`);
    }
    this.#count(seen.join("\n"));
    return this.#fault === undefined && this.#same >= STILL_LOOKS;
  }

  #count(seen: string): void {
    this.#same = seen === this.#last ? this.#same + 1 : 1;
    this.#last = seen;
  }

  async #see(file: CredentialFile): Promise<string | SigninError> {
    try {
      return (await lookAtFile(this.#home, file)).fingerprint;
    } catch (error) {
      if (error instanceof SigninError) return error;
      throw error;
    }
  }
}
