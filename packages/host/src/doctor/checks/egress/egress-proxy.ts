import { type Check, fail, manual, pass, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";

const fix = manual("Put the proxy right, or give the session another one: `browservm egress set`.");

/** The proxy that a session goes through. */
export const egressProxy: Check<VmSubject> = {
  code: "egress-proxy",
  layer: "egress",
  title: "The session's proxy answers, knows us, and comes out where it should",
  dependsOn: ["uplink-missing", "no-default-route"],
  breaks: [],
  explanation: {
    symptom: "No page loads in this session, while others are well: it goes through a proxy, or nowhere.",
    cause:
      "The proxy is down, refuses the credentials, is none, or comes out elsewhere; or hostd began anew and was not told the credentials yet.",
    evidence: "`browservm egress show`: the proxy's status, and what it said last.",
    fix,
  },
  judge: ({ host: { proxies }, vm }) => {
    const proxy = proxies?.get(vm.vmId);
    if (!proxy || proxy.status === "unchecked")
      return skip("tcp", vm.address.ip, "no proxy, or not asked yet");
    const { status, exit, problem, ms } = proxy;
    if (!problem) return pass("tcp", "proxy", `${status} after ${ms ?? 0} ms; exit ${exit ?? "not asked"}`);
    const said = seen("tcp", "proxy", `${problem.code}: ${problem.message}`);
    return fail(`The session's proxy is not well: ${problem.message}.`, [said], manual(problem.fix));
  },
};
