import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { BrowserVmError, paths, type ResolvedConfig, resolveConfig } from "@browservm/contract";
import { BrowserVM } from "@browservm/sdk";
import { connectToSocket } from "@browservm/sdk/node";
import { Output } from "./output.ts";
import { type TerminalProgress, terminalProgress } from "./terminal-progress.ts";

/** Read when neither `--config` nor BROWSERVM_CONFIG_FILE names one. */
const STANDARD_CONFIG_FILE = "/etc/browservm/config.yaml";

export interface GlobalOptions {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly config?: string;
}

/** Where the API is, and with which credentials. */
export type Endpoint =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "url"; readonly baseUrl: string; readonly apiKey: string | undefined };

/** What every command may use; made once by main, filled with the global options before a command runs. */
export class CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends at the first Ctrl-C. */
  readonly signal: AbortSignal;
  readonly #vaultKey: string | undefined;
  #options: GlobalOptions = {};
  #output: Output | undefined;
  #resolved: ResolvedConfig | undefined;

  constructor(
    env: Readonly<Record<string, string | undefined>>,
    signal: AbortSignal,
    vaultKey?: string | undefined,
  ) {
    this.env = env;
    this.signal = signal;
    this.#vaultKey = vaultKey;
  }

  /**
   * What the controller's environment must have beside its settings: the vault's key, where that comes from a variable, and
   * the file of authorities that it trusts besides the known ones, which Node reads at its start.
   */
  get controllerEnvironment(): Readonly<Record<string, string>> {
    const { NODE_EXTRA_CA_CERTS: authorities } = this.env;
    return {
      ...(this.#vaultKey === undefined ? {} : { BVM_VAULT_KEY: this.#vaultKey }),
      ...(authorities === undefined ? {} : { NODE_EXTRA_CA_CERTS: resolve(authorities) }),
    };
  }

  use(options: GlobalOptions): void {
    this.#options = options;
    this.#output = undefined;
    this.#resolved = undefined;
  }

  /** The same with other variables: what an option says of a setting. */
  with(variables: Readonly<Record<string, string>>): CliContext {
    const context = new CliContext({ ...this.env, ...variables }, this.signal, this.#vaultKey);
    context.use(this.#options);
    return context;
  }

  get output(): Output {
    this.#output ??= new Output({ json: this.#options.json === true });
    return this.#output;
  }

  /** `--yes` was given: what changes something needs no more questions. */
  get isYes(): boolean {
    return this.#options.yes === true;
  }

  /** The configuration with the source of each value. */
  get resolved(): ResolvedConfig {
    this.#resolved ??= resolveConfig({ env: this.env, ...this.#configFile() });
    return this.#resolved;
  }

  /** Our environment, for a child that is this command again: it reads the same configuration file. */
  get childEnv(): Readonly<Record<string, string | undefined>> {
    const { config } = this.#options;
    return config ? { ...this.env, BROWSERVM_CONFIG_FILE: resolve(config) } : this.env;
  }

  get config(): ResolvedConfig["config"] {
    return this.resolved.config;
  }

  progress(): TerminalProgress {
    return this.progressUntil(this.signal);
  }

  /** Progress that another signal than Ctrl-C ends. */
  progressUntil(signal: AbortSignal): TerminalProgress {
    return terminalProgress(this.output, signal);
  }

  /** BVM_BASE_URL and BVM_API_KEY when one is set, else this machine's own socket, where root is admin. */
  endpoint(): Endpoint {
    const { BVM_BASE_URL: baseUrl, BVM_API_KEY: apiKey } = this.env;
    if (baseUrl || apiKey)
      return {
        kind: "url",
        baseUrl: (baseUrl || `http://${this.config.listen}`).replace(/\/+$/, ""),
        apiKey,
      };
    const path = paths(this.config).controllerSocket;
    refuseClosedSocket(path);
    return { kind: "socket", path };
  }

  client(): BrowserVM {
    const endpoint = this.endpoint();
    if (endpoint.kind === "socket") return connectToSocket(endpoint.path);
    const { baseUrl, apiKey } = endpoint;
    return new BrowserVM({ baseUrl, ...(apiKey ? { apiKey } : {}) });
  }

  #configFile(): { fileText?: string } {
    const named = this.#options.config ?? this.env.BROWSERVM_CONFIG_FILE;
    const file = named ?? (existsSync(STANDARD_CONFIG_FILE) ? STANDARD_CONFIG_FILE : undefined);
    if (!file) return {};
    try {
      return { fileText: readFileSync(file, "utf8") };
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      throw new BrowserVmError("BAD_CONFIG", `the configuration file cannot be read: ${words}`, { file });
    }
  }
}

/** A socket that we may not open is not the same as a product that does not run. */
function refuseClosedSocket(path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EACCES")
      throw new BrowserVmError(
        "NOT_PRIVILEGED",
        "only root may use BrowserVM's own socket; everybody else sets BVM_API_KEY (`browservm key create`)",
        { socket: path },
      );
    if (code === "ENOENT")
      throw new BrowserVmError("NOT_RUNNING", `nothing listens at ${path}`, { socket: path });
    throw error;
  }
}
