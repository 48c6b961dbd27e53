import { AGENT_PORT } from "@browservm/contract";
import { type Check, fail, manual, pass, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutProbe } from "../symptom/about-probe.ts";

const find = manual(
  "Find the other: its MAC is in `ip neigh` on the host, the port in `bridge fdb`. Stop it before anybody uses this VM.",
);

export const wrongVmAnswers: Check<VmSubject> = {
  code: "wrong-vm-answers",
  layer: "service",
  title: "This very VM answers at its address",
  dependsOn: ["address-duplicate", "route-stolen", "neighbour-permanent", "neighbour-wrong", "mac-elsewhere"],
  breaks: ["service"],
  explanation: {
    symptom: "Everything seems to work, with the browser of somebody else.",
    cause:
      "At this VM's address another VM (or an agent of another boot) answers: two guests with one address.",
    evidence: "`GET /nonce` answers another nonce than hostd gave this VM.",
    fix: find,
  },
  judge: aboutProbe(({ toGuest }, { vm }) => {
    const way = `http://${vm.address.ip}:${AGENT_PORT}`;
    if (toGuest.nonce === "none") return skip("http", way, `no nonce (port: ${toGuest.agent})`);
    if (toGuest.nonce === "ours") return pass("http", way, "our nonce");
    return fail(
      `At ${vm.address.ip} answers another VM than ${vm.vmId}.`,
      [
        seen("http", way, "another nonce than this VM's"),
        seen("arp", `who-has ${vm.address.ip}`, toGuest.arp.join(", ") || "no answer"),
      ],
      find,
    );
  }),
};
