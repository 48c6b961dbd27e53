import type { Config } from "@browservm/contract";

/** Whether hostd answered; `silent` with the reason when the machine is meant to run one. */
export type HostdState =
  | { readonly is: "answering" }
  | { readonly is: "not-started" }
  | { readonly is: "silent"; readonly why: string };

/** What checks may ask of a machine; a fake of it is enough to test every check. */
export interface Machine {
  readonly config: Config;
  /** Node's word for the processor: "x64", "arm64". */
  readonly processor: string;
  readonly uid: number;
  /** Whether a BrowserVM runs here already: then its ports and addresses are its own. */
  readonly isRunning: boolean;
  readonly hostd: HostdState;
  /** Content of a small file, undefined when it cannot be read. */
  readText(path: string): Promise<string | undefined>;
  /** Opens a device for reading and writing: "ok", or the errno word ("ENOENT", "EACCES", …). */
  openDevice(path: string): Promise<string>;
  /** Where a program lies on the system's PATH. */
  which(program: string): Promise<string | undefined>;
  /** Standard output of a program; rejects when it is missing or fails. */
  output(program: string, args: readonly string[], signal: AbortSignal): Promise<string>;
  /** Free space for root in MiB at `path`, or at the nearest parent that exists. */
  freeMib(path: string): Promise<number>;
  /** Tries to listen: "ok", or the errno word. */
  tryListen(host: string, port: number): Promise<string>;
}
