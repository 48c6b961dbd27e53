import type { ManifestEntry } from "@browservm/contract";
import type { z } from "zod";

/** A golden image in the content-addressed store. All paths are inside the store and read-only. */
export interface Image {
  readonly name: string;
  /** First 16 hex digits of the recipe's hash, e.g. "browser-bookworm-3f…". */
  readonly id: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly rootfs: string;
  /** What the kernel needs to find and trust its root, without the per-VM part. */
  readonly commandLine: string;
  readonly hasBrowser: boolean;
  readonly suite: string;
  readonly defaults: { readonly vcpus: number; readonly memoryMib: number; readonly diskMib: number };
  readonly builtAt: string;
}

/** One file that is put into a guest at boot. Never a secret: those go over the control channel. */
export interface InjectedFile {
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

export interface ImageStore {
  list(): Promise<readonly Image[]>;
  /** By name or id; IMAGE_NOT_FOUND. */
  find(name: string): Promise<Image>;
  /** Re-reads every file's sha256; IMAGE_DAMAGED names the first that differs. */
  verify(image: Image): Promise<void>;
  /** Marks the image as used by a VM until `unpin`; a pinned image cannot be removed. Survives restarts. */
  pin(image: Image, vmId: string): Promise<void>;
  unpin(vmId: string): Promise<void>;
  /** IMAGE_IN_USE while pinned. */
  remove(name: string): Promise<void>;
}

/** Sparse ext4 overlay disk, made in ≤ 50 ms. DISK_FULL. */
export type CreateOverlay = (path: string, sizeMib: number) => Promise<void>;

/** The image's initrd plus one extra cpio with `files` and their manifest, written to `path`. */
export type WriteInitrd = (
  image: Image,
  files: readonly InjectedFile[],
  path: string,
) => Promise<readonly z.infer<typeof ManifestEntry>[]>;
