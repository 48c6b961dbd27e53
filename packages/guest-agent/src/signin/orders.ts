import type { CallbackJob, SigninFrame, ToolJob } from "@browservm/contract/guest/signin";
import type { SigninFault } from "@browservm/contract/guest/signin-limits";

/** A credential file that is looked for, below the home. */
export type CredentialFile = ToolJob["files"][number];

/** What a worker is told to do: the first line on its input. Secrets come in no other way. */
export type SigninOrders =
  | { readonly act: "callback"; readonly job: CallbackJob }
  | { readonly act: "tool"; readonly home: string; readonly shims: string; readonly job: ToolJob }
  | { readonly act: "capture"; readonly home: string; readonly files: readonly CredentialFile[] };

/** The word that has a worker load its listener and say a line before it reads its orders. */
export const WAITING = "waiting";

/** A later line: typed into the tool's terminal. */
export interface TypeOrder {
  readonly type: string;
}

/** What a capture says: one line. */
export type Captured =
  | {
      readonly files: ReadonlyArray<{ readonly path: string; readonly mode: number; readonly data: string }>;
    }
  | {
      readonly refused: {
        readonly code: SigninFault;
        readonly message: string;
        readonly path?: string | undefined;
      };
    };

/** Something that ends a job, in words of ours: what a tool or a page said is never repeated. */
export class SigninError extends Error {
  readonly code: SigninFault;
  readonly path: string | undefined;

  constructor(code: SigninFault, message: string, path?: string) {
    super(message);
    this.code = code;
    this.path = path;
  }
}

export type Say = (frame: SigninFrame) => void;
