import {
  type BrowserState,
  BrowserVmError,
  type ErrorCode,
  hostRoutes,
  type SecretFile,
  type SigninBrowser,
  type SigninFault,
  type SigninLine,
} from "@browservm/contract";
import type { FastifyInstance, FastifyReply } from "fastify";

type Line = Exclude<SigninLine, { type: "error" | "alive" | "started" }>;

interface Job {
  readonly vmId: string;
  readonly kind: "callback" | "tool";
  readonly request: Readonly<Record<string, unknown>>;
  say(...lines: readonly Line[]): void;
  hangUp(): void;
}

/** The guest's side of sign-ins without a guest: a listener that hears what a test says, and a tool that does so. */
export class FakeSignins {
  /** Those that run now. */
  readonly jobs: Job[] = [];
  /** The next listener gets this port, unless one is asked for. */
  port = 45_678;
  /** Where the next listener says that it listens, instead of where it was asked to. */
  origin: string | undefined;
  state: BrowserState = { cookies: [], storage: [] };
  files: SecretFile[] = [];
  /** The next captures of files are refused with this. */
  refuseFiles: ErrorCode | undefined;
  /** The browser that runs; another pid is another one. */
  browser: SigninBrowser = { pid: 700, painted: true, atStart: false };
  /** Comes before each capture of the browser's state. */
  onCapture = (): void => {};
  /** How often something was captured. */
  captures = 0;

  serve(app: FastifyInstance, mustBeReady: (id: string) => unknown): void {
    const idOf = ({ params }: { params: unknown }) => {
      const { id } = params as { id: string };
      mustBeReady(id);
      return id;
    };
    app.post(hostRoutes.listenForCallback.path, async (request, reply) => {
      const body = hostRoutes.listenForCallback.body.parse(request.body);
      const job = this.#begin(reply, { vmId: idOf(request), kind: "callback", request: body });
      const port = body.port === 0 ? this.port : body.port;
      const { origin = `http://${body.host}:${port}` } = this;
      job.say({ type: "listening", port, redirectUri: `${origin}${body.path}` });
    });
    app.post(hostRoutes.runSigninTool.path, async (request, reply) => {
      const body = hostRoutes.runSigninTool.body.parse(request.body);
      this.#begin(reply, { vmId: idOf(request), kind: "tool", request: body }).say({
        type: "phase",
        phase: "running",
      });
    });
    app.post(hostRoutes.captureFiles.path, async (request) => {
      idOf(request);
      this.captures += 1;
      if (this.refuseFiles) throw new BrowserVmError(this.refuseFiles, "a file of the tool");
      return { files: this.files };
    });
    app.get(hostRoutes.signinBrowser.path, async (request) => {
      idOf(request);
      return this.browser;
    });
    app.post(hostRoutes.captureBrowserState.path, async (request) => {
      idOf(request);
      this.captures += 1;
      this.onCapture();
      return { state: this.state, leftOut: 0 };
    });
  }

  /** The browser in the VM is sent back to the listener with these. */
  answer(parameters: Record<string, string>): void {
    this.#job("callback").say({ type: "callback", method: "GET", parameters }, { type: "done" });
  }

  /** Whatever runs there comes to nothing. */
  fail(code: SigninFault): void {
    for (const job of [...this.jobs]) job.say({ type: "failed", code, message: "a fault" });
  }

  /** The tool does something. */
  tool(...lines: readonly Line[]): void {
    this.#job("tool").say(...lines);
  }

  /** hostd breaks the job off. */
  hangUp(): void {
    for (const job of [...this.jobs]) job.hangUp();
  }

  #job(kind: Job["kind"]): Job {
    const job = this.jobs.findLast((each) => each.kind === kind);
    if (!job) throw new Error(`no ${kind} runs`);
    return job;
  }

  #begin(reply: FastifyReply, about: Pick<Job, "vmId" | "kind" | "request">): Job {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { "content-type": "application/x-ndjson" });
    const write = (line: unknown) => raw.write(`${JSON.stringify(line)}\n`);
    const job: Job = {
      ...about,
      say: (...lines) => {
        for (const line of lines) {
          write(line);
          if (line.type === "done" || line.type === "failed") raw.end();
        }
      },
      hangUp: () => void raw.destroy(),
    };
    this.jobs.push(job);
    raw.once("close", () => this.jobs.splice(this.jobs.indexOf(job), 1));
    write({ type: "started", jobId: this.jobs.length });
    return job;
  }
}
