import { INTERNET, Internet } from "../../soak/internet.ts";
import { BrowserVmUnderTest } from "../browservm-under-test.ts";
import { Certificate } from "../certificate.ts";
import { ProviderOutside } from "./provider-outside.ts";

type Settings = Readonly<Record<string, string>>;

/** The whole product as `up` starts it, on a machine with an internet, where the test's provider is. */
export class SigninStage implements AsyncDisposable {
  readonly whole: BrowserVmUnderTest;
  readonly provider: ProviderOutside;
  readonly #rest: AsyncDisposableStack;

  private constructor(whole: BrowserVmUnderTest, provider: ProviderOutside, rest: AsyncDisposableStack) {
    this.whole = whole;
    this.provider = provider;
    this.#rest = rest;
  }

  /** `more`: settings that differ, e.g. the driver. */
  static async start(more: Settings = {}): Promise<SigninStage> {
    await using undo = new AsyncDisposableStack();
    undo.use(await Internet.open(() => {}));
    const certificate = undo.use(new Certificate(INTERNET));
    const provider = undo.use(await ProviderOutside.start(certificate));
    const whole = undo.use(
      await BrowserVmUnderTest.start({
        BROWSERVM_NETWORK__UPLINK: "auto",
        BROWSERVM_NETWORK__DNS: INTERNET,
        NODE_EXTRA_CA_CERTS: certificate.cert,
        ...more,
      }),
    );
    return new SigninStage(whole, provider, undo.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rest.disposeAsync();
  }
}
