import { createHash, timingSafeEqual } from "node:crypto";

export interface VmSecrets {
  readonly vmId: string;
  readonly nonce: string;
  readonly token: string;
}

/** What hello said of who we are. Kept in memory only; a later hello replaces it. */
export class VmIdentity {
  #secrets: VmSecrets | undefined;

  get known(): { readonly vmId: string; readonly nonce: string } | undefined {
    return this.#secrets && { vmId: this.#secrets.vmId, nonce: this.#secrets.nonce };
  }

  learn({ vmId, nonce, token }: VmSecrets): void {
    this.#secrets = { vmId, nonce, token };
  }

  /** From now on nobody is known, and no token is right. */
  forget(): void {
    this.#secrets = undefined;
  }

  /** Compares in a time that says nothing about the token. */
  isToken(candidate: string): boolean {
    if (!this.#secrets) return false;
    return timingSafeEqual(digest(candidate), digest(this.#secrets.token));
  }
}

const digest = (text: string) => createHash("sha256").update(text).digest();
