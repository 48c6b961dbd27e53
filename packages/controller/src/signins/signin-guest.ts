import type { CliSettings } from "@browservm/contract";

export interface ListenAt {
  readonly host: "127.0.0.1" | "localhost";
  /** 0: any that is free. */
  readonly port: number;
  readonly path: string;
}

export interface BrowserState {
  readonly cookies: readonly unknown[];
  readonly storage: readonly unknown[];
}

/** How a tool's sign-in goes on: an address to sign in at, its files, or its end. */
export type ToolNews =
  | { readonly is: "url"; readonly url: string }
  | { readonly is: "captured"; readonly files: readonly ToolFile[] }
  | { readonly is: "exited"; readonly code: number | null; readonly signal: string | null };

export interface ToolFile {
  readonly path: string;
  readonly mode: number;
  /** Base64. */
  readonly data: string;
}

/** What the VM of a sign-in is asked for. Whatever comes back is a hostile guest's word. */
export interface SigninGuest {
  /** Opens an address in the VM's browser. */
  navigate(url: string): Promise<void>;
  /** Listens on the VM's own localhost, for one request; answers where. */
  listen(at: ListenAt): Promise<{ readonly port: number }>;
  /** The target of that request, e.g. `/callback?code=…`. Settles with it or with `signal`. */
  awaitAnswer(signal: AbortSignal): Promise<string>;
  /** Where the browser is. */
  address(): Promise<string>;
  /** Cookies and local storage of these origins. */
  browserState(origins: readonly string[]): Promise<BrowserState>;
  /** Runs the tool's installation to its end; its exit status. */
  install(settings: CliSettings, signal: AbortSignal): Promise<number | null>;
  startTool(settings: CliSettings): Promise<void>;
  /** What comes next; the same again until it has been taken. */
  awaitTool(settings: CliSettings, signal: AbortSignal): Promise<ToolNews>;
}
