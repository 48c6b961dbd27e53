import { join } from "node:path";
import { Config } from "@browservm/contract";
import { ensureNamespace, removeNamespace } from "../../packages/host/src/net/namespace.ts";
import { ControllerUnderTest } from "../harness/controller-under-test.ts";
import { HostUnderTest } from "../harness/host-under-test.ts";
import { INTERNET, Internet } from "./internet.ts";

/** Settings that hostd and the controller share. */
const SETTINGS = {
  BROWSERVM_NETWORK__UPLINK: "auto",
  BROWSERVM_NETWORK__DNS: INTERNET,
  BROWSERVM_VMM__ACCELERATOR: "auto",
};

type Settings = Readonly<Record<string, string>>;

/** A machine with an uplink, hostd in its namespace and a controller: all of the product that a VM's life depends on. */
export class Machine implements AsyncDisposable {
  readonly host: HostUnderTest;
  readonly controller: ControllerUnderTest;
  readonly #rest: AsyncDisposableStack;

  private constructor(host: HostUnderTest, controller: ControllerUnderTest, rest: AsyncDisposableStack) {
    this.host = host;
    this.controller = controller;
    this.#rest = rest;
  }

  /** `onRequest` is told the path of every request that reaches the page outside; `more`: settings that differ. */
  static async start(onRequest: (path: string) => void, more: Settings = {}): Promise<Machine> {
    const settings = { ...SETTINGS, ...more };
    await using undo = new AsyncDisposableStack();
    undo.use(await Internet.open(onRequest));
    const host = await HostUnderTest.start({ env: settings });
    const config = configOf(host);
    undo.defer(() => removeNamespace(config));
    undo.use(host);
    // The harness made the namespace; the launcher gives it its way out, which hostd reads when it starts.
    await host.end();
    await ensureNamespace(config);
    await host.startHostd();
    const controller = undo.use(await ControllerUnderTest.start(host.dir, settings));
    return new Machine(host, controller, undo.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rest.disposeAsync();
  }
}

const configOf = ({ dir, namespace }: HostUnderTest): Config =>
  Config.parse({
    stateDir: join(dir, "s"),
    runDir: join(dir, "r"),
    network: { namespaceName: namespace, uplink: "auto", dns: [INTERNET] },
  });
