import { z } from "zod";

/** One thing that happened, in order. `seq` only grows; clients resume by it (SSE `id:`). */
export const Event = z.object({
  seq: z.int().nonnegative(),
  at: z.iso.datetime(),
  /** What it is about: a session id on the public API, a VM id on hostd's, or "host". */
  subject: z.string(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type Event = z.infer<typeof Event>;

/**
 * Event types. `vm.step` carries one launch step (`{step, status, durationMs?}`), `vm.state` a transition
 * (`{from, to, reason?}`), `session.state` the same for sessions, `gate.step` one step of the gate,
 * `vm.health` what the last proof of a ready VM said (`VmHealth`), `vm.evidence` that evidence of a failure was kept
 * (`{files}`), `network.repair` what was repaired (`Repair`), `network.fault` what was not, for `network.heal` is
 * `never` (`{code, cause, step}`), `session.warning` that a time-out is near (`{timeout: "absolute" | "idle" | "offline",
 * at, action: "end" | "pause"}`; once with the action `none` and a `reason` where nothing can be paused),
 * `session.claimed` that it got a ready VM (`{pool, ms}`), `session.viewers` who looks at it and who has the control
 * (`Viewers`), `session.egress` that its policy was changed (`{policy}`), `session.profile` what becomes of its
 * profile (`{step: "load" | "save", status: "running" | "done" | "failed", profileId, version?, files?, bytes?, ms?, reason?}`), `snapshot.state` (about the host) how a golden snapshot comes
 * about (`{id, state, step?, reason?}`), `pool.state` (about the host) a change of a pool's numbers (`Pool`),
 * `signin.state` and `signin.step` (about a sign-in, by its id) what becomes of it (`{from, to, reason?, connectionId?}`) and
 * what is done for it now (`{step}`), `egress.denied` that a name was refused to a VM by its egress policy
 * (`{name, type, verdict, rule?, count}`, `count` since the last such event; a name once a minute at most), `egress.proxy` what became of a VM's proxy
 * (`{status, exit, problem}`),
 * `connection.health` (about the host) a change of a connection's health (`{connectionId, from, to}`).
 */
export const EVENT_TYPES = [
  "vm.state",
  "vm.step",
  "vm.health",
  "vm.evidence",
  "gate.step",
  "network.repair",
  "network.fault",
  "egress.denied",
  "egress.proxy",
  "session.state",
  "session.extended",
  "session.warning",
  "session.claimed",
  "session.viewers",
  "session.egress",
  "session.profile",
  "snapshot.state",
  "pool.state",
  "connection.health",
  "signin.state",
  "signin.step",
] as const;

/** Subject of events that are about this machine, not about one VM or session. */
export const HOST_SUBJECT = "host";
