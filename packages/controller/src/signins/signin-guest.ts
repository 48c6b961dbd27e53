import type { BrowserState, SecretFile, SigninBrowser, ToolJob } from "@browservm/contract";

export interface ListenAt {
  readonly host: "127.0.0.1" | "localhost";
  /** 0: any that is free. */
  readonly port: number;
  readonly path: string;
}

/** A tool that runs, as long as its attempt does. */
export interface RunningTool {
  /** The first address that it wants to have opened, or null when it has its files without one. */
  readonly asked: Promise<string | null>;
  /** Settles when its files are there and it has left them alone. */
  readonly ready: Promise<void>;
}

export type ToolSpec = Pick<ToolJob, "command" | "env" | "prompts" | "files" | "install" | "urlPattern">;

/**
 * What the VM of one attempt is asked for. Whatever comes back is a hostile guest's word. What runs there for the attempt
 * ends with it.
 */
export interface SigninGuest {
  /** Opens an address in the VM's browser. */
  navigate(url: string): Promise<void>;
  /** The browser that runs there now. */
  browser(): Promise<SigninBrowser>;
  /** Listens on the VM's own localhost for one redirect; answers its address. SIGNIN_PORT_TAKEN. */
  listen(at: ListenAt): Promise<string>;
  /** The parameters of that redirect. */
  awaitAnswer(): Promise<Readonly<Record<string, string>>>;
  /** Cookies and local storage of these origins. */
  browserState(origins: readonly string[]): Promise<BrowserState>;
  runTool(spec: ToolSpec): RunningTool;
  captureFiles(files: ToolJob["files"]): Promise<SecretFile[]>;
}
