import type { Config } from "@browservm/contract";

/** Where the master key comes from. */
export interface KeySource {
  readonly kind: Config["vault"]["keyFrom"];
  /** The text of the key ring, the caller's to overwrite; undefined when there is none. VAULT_KEY_UNUSABLE. */
  read(): Promise<Buffer | undefined>;
}

/** A source that can take a new key; the others' keys are made elsewhere. */
export interface KeyKeeper extends KeySource {
  /** Makes the first key, unless one is there. */
  make(): Promise<void>;
  /** Makes a key of this version beside those that are there, unless there is one. Changes come one at a time. */
  add(version: number): Promise<void>;
  /** Forgets every version before this one. */
  dropBefore(version: number): Promise<void>;
}

export const canKeep = (source: KeySource): source is KeyKeeper => "make" in source;
