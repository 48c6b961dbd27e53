import type { z } from "zod";
import type { Access } from "./access.ts";
import type { ErrorCode } from "./error-table.ts";

type Schema = z.ZodType;

/** One row of an API: server, client, OpenAPI and CLI are all made from it. */
export interface Route<
  P extends Schema = Schema,
  Q extends Schema = Schema,
  B extends Schema = Schema,
  R extends Schema = Schema,
> {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Path with `:name` parameters, each a key of `params`; `*` at its end is the rest, slashes included. */
  readonly path: string;
  readonly summary: string;
  /** The scope that a caller needs. Those who came by a link reach rows of their own session only. */
  readonly access: Access;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly reply: R;
  /** Status of a success. */
  readonly status: number;
  /** `json`, or what else the reply is. */
  readonly kind: "json" | "sse" | "png" | "ndjson" | "tar" | "text" | "bytes" | "upgrade" | "redirect";
  /** What a request carries: a document as `body` says, or bytes as they are. */
  readonly sends: "json" | "bytes";
  readonly errors: readonly ErrorCode[];
}

export type ParamsOf<T extends Route> = z.output<T["params"]>;
export type QueryOf<T extends Route> = z.output<T["query"]>;
export type BodyOf<T extends Route> = z.output<T["body"]>;
export type BodyInput<T extends Route> = z.input<T["body"]>;
export type QueryInput<T extends Route> = z.input<T["query"]>;
export type ReplyOf<T extends Route> = z.output<T["reply"]>;
