import { randomBytes } from "node:crypto";
import {
  type BrowserVmError,
  type EgressPolicy,
  EgressReport,
  egressDefault,
  makeId,
  type NewEgress,
  ProxyCredentialsId,
} from "@browservm/contract";

/** Where sessions may go, as it is told of; nothing is enforced. */
export class MockEgress {
  /** The next change is refused with it, as by a proxy that does not answer. */
  refuse: BrowserVmError | null = null;
  /** What changes were asked for, in order. */
  readonly asked: (NewEgress | null)[] = [];
  #report = reportOf(null);

  /** The answer of a route that is about egress; undefined: it is not. */
  answer(name: string, body: unknown): unknown {
    if (name === "sessionEgress") return this.#report;
    if (name === "setSessionEgress") return this.#set((body as { policy: NewEgress | null }).policy);
    return undefined;
  }

  /** As if it had been set long ago. */
  seed(policy: EgressPolicy, over: Partial<EgressReport> = {}): void {
    this.#report = reportOf(policy, over);
  }

  #set(policy: NewEgress | null): EgressReport {
    this.asked.push(policy);
    if (this.refuse) throw this.refuse;
    this.#report = reportOf(policy && withoutSecrets(policy));
    return this.#report;
  }
}

function withoutSecrets({ proxy, ...policy }: NewEgress): EgressPolicy {
  if (!proxy) return policy;
  const { credentials, ...told } = proxy;
  const id =
    typeof credentials === "string" ? credentials : ProxyCredentialsId.parse(makeId("pxc", randomBytes(20)));
  return { ...policy, proxy: { ...told, ...(credentials === undefined ? {} : { credentials: id }) } };
}

function reportOf(policy: EgressPolicy | null, over: Partial<EgressReport> = {}): EgressReport {
  const proxy = {
    status: "up",
    exit: "203.0.113.80",
    checkedAt: null,
    ms: 41,
    evidence: [],
    problem: null,
    connections: 2,
  };
  return EgressReport.parse({
    policy,
    default: policy ? egressDefault(policy) : "allow",
    refused: { packets: 0, bytes: 0 },
    learned: [],
    counts: {},
    queries: [],
    ...(policy?.proxy ? { proxy } : {}),
    ...over,
  });
}
