import type {
  BrowserVmError,
  ConnectionKind,
  CreateConnection,
  SigninGuide,
  SigninState,
  SigninStep,
} from "@browservm/contract";
import type { SigninGuest } from "./signin-guest.ts";

/** What a recipe works with: one VM, for one attempt. */
export interface RecipeWork {
  readonly guest: SigninGuest;
  /** Ends when the attempt does. */
  readonly signal: AbortSignal;
  /** The browser in which its person last had a page to sign in at; undefined until we have looked. */
  browser(): number | null | undefined;
  /** Settles when a person says that they have signed in. */
  readonly confirmed: Promise<void>;
  /** Keeps what `awaitUser` is to be given after a restart from now on. Where that cannot be done, it goes on without. */
  keepFlow(flow: unknown): Promise<void>;
  step(step: SigninStep): Promise<void>;
}

export interface Prepared {
  /** What `awaitUser` needs, also after a restart; sealed, never logged. JSON. */
  readonly flow: unknown;
  readonly guide: SigninGuide;
  /** What the VM's browser is to open; null: nothing, or the tool opens it itself. */
  readonly open: string | null;
}

export interface Captured {
  /** Unchecked: what the guest or a provider gave. */
  readonly credentials: CredentialsOf<CreateConnection["kind"]>;
  /** Whose account it is; null where the recipe cannot tell. */
  readonly subject: string | null;
}
type CredentialsOf<K extends ConnectionKind> = K extends ConnectionKind
  ? { readonly kind: K } & Readonly<Record<string, unknown>>
  : never;

/** Fetches and checks what a sign-in yielded. */
export type Capture = () => Promise<Captured>;

/** How to sign in somewhere, with its settings. Fails by a named error only. */
export interface Recipe {
  readonly kind: ConnectionKind;
  /** In words for people. */
  readonly captures: readonly string[];
  readonly leaves: readonly string[];
  /** Where it can be carried on after the controller was restarted; elsewhere it must be begun anew. */
  readonly carriesOn: readonly SigninState[];
  /** What is wrong with the settings, before a VM is started. */
  refusal?(): BrowserVmError | undefined;
  /** Gets the guest ready. */
  prepare(work: RecipeWork): Promise<Prepared>;
  /** Waits until the person is done. */
  awaitUser(work: RecipeWork, flow: unknown): Promise<Capture>;
}
