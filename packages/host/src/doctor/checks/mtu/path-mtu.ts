import { type Check, fail, manual, pass, type Seen, seen, skip } from "../../check.ts";
import type { PathProbe, VmSubject } from "../../sight/vm-sight.ts";
import { isPingDead } from "../guest/about-guest.ts";
import { aboutProbe } from "../symptom/about-probe.ts";

/** IPv4 header without options + ICMP echo header, RFC 791 and RFC 792. */
const OVERHEAD_BYTES = 28;

const same = manual(
  "Give bridge, TAP and guest one MTU (`network.mtu`), and look for what drops between them.",
);

export const pathMtu: Check<VmSubject> = {
  code: "path-mtu",
  layer: "mtu",
  title: "Full-size packets pass between host and guest",
  dependsOn: [
    "bridge-mtu",
    "tap-mtu",
    "guest-mtu-wrong",
    "guest-silent",
    "guest-ping-dead",
    "gateway-ping-dead",
    "vnet-header-size",
  ],
  breaks: [],
  // It names the size, not who drops it: whatever breaks large packets is a better answer.
  shows: "large-packets",
  explanation: {
    symptom: "Ping and small requests work, downloads and pages hang.",
    cause: "Something on the way drops packets above some size, and nobody tells the sender.",
    evidence: "A ladder of pings that may not be fragmented: small ones pass, full-size ones do not.",
    fix: same,
  },
  judge: aboutProbe((probe, { vm, host }) => {
    const { mtu } = probe.toGuest;
    const fullSize = probe.fromGuest?.fullSize;
    if (isPingDead(probe) || (mtu.length === 0 && !fullSize))
      return skip("icmp", "ladder of sizes", "not climbed");
    const lost = mtu.filter(({ answer }) => !answer.ok);
    const evidence = ladder(probe, host.plan.mtu);
    if (lost.length === 0 && fullSize?.ok !== false)
      return pass("icmp", "ladder of sizes", evidence.map(({ excerpt }) => excerpt).join("; "));
    const passed = mtu.filter(({ answer }) => answer.ok).map(({ payloadBytes }) => payloadBytes);
    const errors = [...new Set(lost.flatMap(({ answer }) => answer.error ?? []))];
    const from = lost.length > 0 ? `from the host to ${vm.address.ip}` : "from the guest to its gateway";
    const most =
      lost.length > 0 && passed.length > 0
        ? `the largest that pass have ${Math.max(...passed) + OVERHEAD_BYTES} bytes`
        : "only small ones pass";
    return fail(
      `Packets of ${host.plan.mtu} bytes do not pass ${from}${errors.length > 0 ? ` (${errors.join(", ")})` : ""}; ${most}.`,
      evidence,
      same,
    );
  }),
};

function ladder({ toGuest, fromGuest }: PathProbe, mtu: number): Seen[] {
  const tell = (bytes: number, ok: boolean, error?: string) =>
    `${bytes} bytes: ${ok ? "passed" : (error ?? "lost")}`;
  const up = toGuest.mtu.map(({ payloadBytes, answer }) =>
    seen("icmp", "host → guest, DF", tell(payloadBytes + OVERHEAD_BYTES, answer.ok, answer.error)),
  );
  const full = fromGuest?.fullSize;
  return full ? [...up, seen("icmp", "guest → host, DF", tell(mtu, full.ok, full.error))] : up;
}
