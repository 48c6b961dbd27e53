import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the token endpoint says to a poll: a word of RFC 8628, section 3.5, or tokens. */
export type DeviceAnswer =
  | "authorization_pending"
  | "slow_down"
  | "access_denied"
  | "expired_token"
  | "tokens"
  | "hang up";

/** In seconds. */
interface DeviceTimes {
  readonly interval: number;
  readonly expiresIn: number;
}

const DEVICE_CODE = "planted-device-code";

/** A provider of device codes that is strict about when it is asked, and answers as it is told. */
export class DeviceProvider implements AsyncDisposable {
  readonly origin: string;
  /** When it was polled, in milliseconds. */
  readonly polls: number[] = [];
  readonly #server: Server;
  readonly #answers: DeviceAnswer[];
  readonly #about: DeviceTimes;

  private constructor(server: Server, answers: DeviceAnswer[], about: DeviceTimes) {
    this.#server = server;
    this.#answers = answers;
    this.#about = about;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", (request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (part: string) => {
        body += part;
      });
      request.once("end", () => this.#answer(request.url ?? "", new URLSearchParams(body), response));
    });
  }

  /** The last of `answers` is repeated for ever. */
  static async start(
    answers: DeviceAnswer[],
    { interval = 1, expiresIn = 600 } = {},
  ): Promise<DeviceProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new DeviceProvider(server, answers, { interval, expiresIn });
  }

  get settings() {
    return {
      recipe: "oauth" as const,
      flow: "device" as const,
      client: { tokenEndpoint: `${this.origin}/token`, clientId: "app", clientSecret: "s" },
      deviceEndpoint: `${this.origin}/device`,
    };
  }

  /** Seconds between one poll and the next, rounded down. */
  get gaps(): number[] {
    return this.polls.slice(1).map((at, index) => Math.floor((at - (this.polls[index] ?? 0)) / 1000));
  }

  #answer(path: string, body: URLSearchParams, response: ServerResponse): void {
    const said = path === "/device" ? this.#code() : this.#tokens(body);
    if (said === undefined) return void response.destroy();
    const headers = { "content-type": "application/json", "cache-control": "no-store" };
    response.writeHead("error" in said ? 400 : 200, headers).end(JSON.stringify(said));
  }

  #code() {
    return {
      device_code: DEVICE_CODE,
      user_code: "WDJB-MJHT",
      verification_uri: "https://provider.example/device",
      interval: this.#about.interval,
      expires_in: this.#about.expiresIn,
    };
  }

  /** Undefined: it hangs up. */
  #tokens(body: URLSearchParams): object | undefined {
    this.polls.push(performance.now());
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    if (answer === "hang up") return undefined;
    if (body.get("device_code") !== DEVICE_CODE) return { error: "invalid_request" };
    if (answer !== "tokens") return { error: answer };
    const tokens = { access_token: "planted-access", refresh_token: "planted-refresh" };
    return { ...tokens, token_type: "Bearer", expires_in: 3600 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
