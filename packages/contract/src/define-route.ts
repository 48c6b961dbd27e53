import { z } from "zod";
import type { Route } from "./route.ts";

const Nothing = z.object({});
type Nothing = typeof Nothing;

type Row<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> = Pick<
  Route,
  "method" | "path" | "summary" | "access"
> &
  Partial<Pick<Route, "status" | "kind" | "sends" | "errors">> & {
    params?: P;
    query?: Q;
    body?: B;
    reply: R;
  };

/** Fills the defaults of a row: no parameters, JSON, 200. */
export function route<
  R extends z.ZodType,
  P extends z.ZodType = Nothing,
  Q extends z.ZodType = Nothing,
  B extends z.ZodType = Nothing,
>(row: Row<P, Q, B, R>): Route<P, Q, B, R> {
  return {
    status: 200,
    kind: "json",
    sends: "json",
    errors: [],
    ...row,
    params: (row.params ?? Nothing) as P,
    query: (row.query ?? Nothing) as Q,
    body: (row.body ?? Nothing) as B,
  };
}

/** A row of hostd, which knows no users: its socket's mode says who may call. */
export function hostRoute<
  R extends z.ZodType,
  P extends z.ZodType = Nothing,
  Q extends z.ZodType = Nothing,
  B extends z.ZodType = Nothing,
>(row: Omit<Row<P, Q, B, R>, "access">): Route<P, Q, B, R> {
  return route<R, P, Q, B>({ ...row, access: "open" });
}
