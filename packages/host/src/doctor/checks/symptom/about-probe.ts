import { type Judgement, seen, skip, unknown } from "../../check.ts";
import type { PathProbe, VmSubject } from "../../sight/vm-sight.ts";
import { mustAnswer } from "../guest/about-guest.ts";

/** Judges the probe; without one, or while nobody can expect answers, the question does not arise. */
export const aboutProbe =
  (judge: (probe: PathProbe, subject: VmSubject) => Judgement) =>
  (subject: VmSubject): Judgement => {
    const { probe, state } = subject.vm;
    if (!mustAnswer(subject.vm)) return skip("database", "state of the VM", state);
    return probe ? judge(probe, subject) : skip("procfs", "probe", "none, for no VMM runs");
  };

/** The same of what the guest itself was asked to probe. */
export const aboutGuestProbe = (
  judge: (fromGuest: NonNullable<PathProbe["fromGuest"]>, subject: VmSubject) => Judgement,
) =>
  aboutProbe((probe, subject) =>
    probe.fromGuest
      ? judge(probe.fromGuest, subject)
      : unknown("The guest is silent on its control channel, so it cannot probe.", [
          seen("control-channel", "probes of the guest", "no answer"),
        ]),
  );
