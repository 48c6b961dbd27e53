import { z } from "zod";
import { route } from "../define-route.ts";
import { KEEPING_CODES } from "../egress-errors.ts";
import { NewPool, Pool, PoolName } from "./pool.ts";

const Params = z.object({ name: PoolName });

/** VMs that are made ahead of demand. */
export const poolRoutes = {
  listPools: route({
    method: "GET",
    path: "/v1/pools",
    summary: "List pools of ready VMs, with hits, misses and times",
    access: "pools:read",
    reply: z.object({ data: z.array(Pool) }),
  }),
  getPool: route({
    method: "GET",
    path: "/v1/pools/:name",
    summary: "One pool",
    access: "pools:read",
    params: Params,
    reply: Pool,
    errors: ["POOL_NOT_FOUND"],
  }),
  putPool: route({
    method: "PUT",
    path: "/v1/pools/:name",
    summary: "Make or change a pool; VMs of another shape are replaced",
    access: "pools:write",
    params: Params,
    body: NewPool,
    reply: Pool,
    errors: ["IMAGE_NOT_FOUND", "POOL_TOO_LARGE", "POOL_CONFIGURED", "HOST_UNREACHABLE", ...KEEPING_CODES],
  }),
  removePool: route({
    method: "DELETE",
    path: "/v1/pools/:name",
    summary: "Remove a pool and its unclaimed VMs",
    access: "pools:write",
    params: Params,
    reply: z.object({}),
    errors: ["POOL_NOT_FOUND", "POOL_CONFIGURED"],
  }),
  flushPool: route({
    method: "POST",
    path: "/v1/pools/:name/flush",
    summary: "End its unclaimed VMs; fresh ones take their place",
    access: "pools:write",
    params: Params,
    reply: Pool,
    errors: ["POOL_NOT_FOUND"],
  }),
} as const;
