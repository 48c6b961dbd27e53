import { z } from "zod";

/** The lines of QEMU's monitor (docs/interop/qmp-spec.rst): greeting, answer, refusal, event. */
export const QmpMessage = z.union([
  z.object({ QMP: z.object({ version: z.unknown(), capabilities: z.array(z.unknown()) }) }),
  z.object({ return: z.unknown(), id: z.unknown() }).refine((line) => line.return !== undefined),
  z.object({ error: z.object({ class: z.string(), desc: z.string() }), id: z.unknown() }),
  // Not every event has data (POWERDOWN has none), and none of it is used.
  z.object({ event: z.string() }),
]);
export type QmpMessage = z.infer<typeof QmpMessage>;

export const QueryStatus = z.object({ status: z.string(), running: z.boolean() });
export const Nothing = z.object({});

/** What `query-migrate` says; nothing before the first migration. */
export const QueryMigrate = z.object({ status: z.string().optional(), "error-desc": z.string().optional() });
export const QueryMemdev = z.array(
  z.object({ id: z.string().optional(), size: z.number(), share: z.boolean() }),
);
export const AddedFd = z.object({ "fdset-id": z.number(), fd: z.number() });
export const QueryVersion = z.object({
  qemu: z.object({ major: z.int(), minor: z.int(), micro: z.int() }),
  package: z.string(),
});
export const QueryKvm = z.object({ enabled: z.boolean() });
