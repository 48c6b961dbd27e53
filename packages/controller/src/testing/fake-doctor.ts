import {
  BrowserVmError,
  type DoctorFinding,
  type DoctorFixReport,
  type DoctorReport,
  hostRoutes,
  type NetworkPicture,
  type Vm,
} from "@browservm/contract";
import type { FastifyInstance } from "fastify";

const AT = "2026-01-01T00:00:00.000Z";

/** hostd's doctor without a network: it says what a test told it. */
export class FakeDoctor {
  /** What is wrong now; `fix` with `apply` removes what is `auto`. */
  findings: DoctorFinding[] = [];
  picture: NetworkPicture = { at: AT, ports: [], unplugged: [], rules: "loaded", repairs: [] };
  /** How long one repair takes, in milliseconds. */
  stepMs = 0;
  /** After so many repairs hostd is gone in the middle of the next request. */
  diesAfter: number | undefined;
  /** Tars that were kept, by VM, also of VMs that are gone. */
  readonly evidence = new Map<string, Uint8Array>();

  /** `find` answers a VM or throws VM_NOT_FOUND. */
  serve(app: FastifyInstance, find: (id: string) => Vm): void {
    app.post(hostRoutes.examine.path, async (request) => {
      const { vmId } = hostRoutes.examine.body.parse(request.body);
      return this.#report(vmId && find(vmId));
    });
    app.post(hostRoutes.fix.path, async (request): Promise<DoctorFixReport> => {
      const { vmId, apply } = hostRoutes.fix.body.parse(request.body);
      const vm = vmId && find(vmId);
      const before = this.#report(vm);
      const broken = this.findings.filter(({ fix }) => fix?.kind === "auto");
      const steps = broken.map(({ code, fix }) => ({ code, words: fix?.text ?? "", done: apply }));
      if (!apply) return { before, steps };
      for (const [index, one] of broken.entries()) {
        await new Promise((resolve) => setTimeout(resolve, this.stepMs));
        if (index === this.diesAfter) {
          request.raw.socket.destroy();
          break;
        }
        this.findings = this.findings.filter((other) => other !== one);
      }
      return { before, steps, after: this.#report(vm) };
    });
    app.get(hostRoutes.networkPicture.path, async () => this.picture);
    app.get(hostRoutes.vmEvidence.path, async (request, reply) => {
      const { id } = request.params as { id: string };
      const kept = this.evidence.get(id);
      if (kept) return reply.type("application/x-tar").send(Buffer.from(kept));
      find(id);
      throw new BrowserVmError("EVIDENCE_NOT_FOUND", `nothing was kept of ${id}`);
    });
  }

  #report(vm: Vm | undefined): DoctorReport {
    const rootCauses = this.findings.filter(({ verdict }) => verdict === "fail").map(({ code }) => code);
    return {
      version: 1,
      runId: "fake",
      at: AT,
      subject: vm ? "vm" : "host",
      ...(vm ? { vmId: vm.id } : {}),
      verdict: rootCauses.length > 0 ? "faults" : "healthy",
      rootCauses,
      findings: this.findings,
      lastSeen: [],
      timing: { snapshotMs: 1, probeMs: 1, totalMs: 2 },
    };
  }
}
