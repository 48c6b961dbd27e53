import { BrowserVmError } from "@browservm/contract";

export interface FirecrackerVersion {
  readonly major: number;
  readonly minor: number;
  /** As the program says it, e.g. "1.16.1". */
  readonly text: string;
}

/** The oldest that we drive: snapshots are stable and PCI exists since then (CHANGELOG, 1.13.0). */
export const OLDEST = { major: 1, minor: 13 } as const;

/** "Firecracker v1.16.1" or "Jailer v1.16.1", as `--version` prints it. VMM_UNSUPPORTED for any other program. */
export function parseVersion(output: string, path: string): FirecrackerVersion {
  const match = /^(?:Firecracker|Jailer) v((\d+)\.(\d+)\S*)/m.exec(output);
  if (!match?.[1])
    throw new BrowserVmError("VMM_UNSUPPORTED", `${path} is not Firecracker`, {
      path,
      output: output.slice(0, 200),
    });
  return { major: Number(match[2]), minor: Number(match[3]), text: match[1] };
}

export const isAtLeast = (
  version: Pick<FirecrackerVersion, "major" | "minor">,
  wanted: Pick<FirecrackerVersion, "major" | "minor">,
): boolean =>
  version.major > wanted.major || (version.major === wanted.major && version.minor >= wanted.minor);

/** What a Firecracker of this version is called where VMMs are told apart. */
export const vmmName = (text: string): string => `Firecracker ${text}`;
