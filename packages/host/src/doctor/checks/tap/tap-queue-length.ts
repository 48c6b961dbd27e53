import { auto, type Check, fail, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutTap, NOT_THE_PLANNED_TAP } from "./about-tap.ts";

/** What a TAP has at birth (DEFAULT_TX_QUEUE_LEN, linux/pkt_sched.h). */
const USUAL = 1000;

const repair = (tap: string) =>
  auto("Give the TAP its queue back.", `ip link set ${tap} txqueuelen ${USUAL}`);

export const tapQueueLength: Check<VmSubject> = {
  code: "tap-queue-length",
  layer: "tap",
  title: "The TAP has room for packets that the VMM has not read yet",
  dependsOn: [...NOT_THE_PLANNED_TAP],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "Nothing reaches the guest, though all carriers are up and the bridge's tx_packets rise; the TAP's tx_dropped rise with every packet. What the guest sends does arrive.",
    cause:
      "The TAP's txqueuelen is 0. Between kernel and VMM there is a ring of that many packets, so one of no length drops each of them.",
    evidence: "`ip link show bv-0` says `qlen 0`, or says no qlen.",
    fix: repair("bv-0"),
  },
  judge: aboutTap((tap, { vm }) => {
    const length = tap.txQueueLength;
    if (length > 0) return pass("netlink", `link ${tap.name}`, `qlen ${length}`);
    const dropped = vm.probe?.tap?.txDropped;
    return fail(
      `The queue of ${tap.name} has length 0, so every packet to the guest is dropped.`,
      [
        seen("netlink", `link ${tap.name}`, "qlen 0"),
        ...(dropped === undefined
          ? []
          : [seen("counters", `${tap.name} over the probe`, `tx_dropped +${dropped}`)]),
      ],
      repair(tap.name),
    );
  }),
};
