/** Debian's word for a processor architecture. */
export type Arch = "amd64" | "arm64";

/** A package of the npm registry, pinned. */
export interface RegistryPackage {
  readonly package: string;
  readonly version: string;
  /** Subresource-integrity form of the tarball's SHA-512, as the registry states it. */
  readonly integrity: string;
}

/** A file that every VM of an image has. Owned by root. */
export interface RecipeFile {
  readonly path: string;
  readonly mode: number;
  readonly content: string;
}

/** A unit that starts by itself, and the target that pulls it in. Nothing else is enabled. */
export interface EnabledUnit {
  readonly unit: string;
  readonly wantedBy: string;
}

/** What an image is made of, as data, before a distribution and an architecture are chosen. */
export interface Recipe {
  readonly name: string;
  readonly summary: string;
  readonly packages: readonly string[];
  /** True: the suite's browser is installed and proven to be an executable, not a stub. */
  readonly hasBrowser: boolean;
  /** Absent: the image has Node, but no npm. */
  readonly npm?: RegistryPackage;
  readonly files: readonly RecipeFile[];
  readonly enable: readonly EnabledUnit[];
  /** Units that must never start. */
  readonly mask: readonly string[];
  /** Programs run inside the finished tree, e.g. to fill a cache that would cost every boot. */
  readonly prepare: ReadonlyArray<readonly string[]>;
  readonly defaults: { readonly vcpus: number; readonly memoryMib: number; readonly diskMib: number };
  /** Free space that a build needs, in MiB. */
  readonly buildMib: number;
}
