import { PERSON } from "./login-pages.ts";

type Form = Readonly<Record<string, string>>;

/** A person with a browser of the simplest kind: cookies, redirects, and forms to fill in. */
export class Person {
  readonly #cookies = new Map<string, string>();
  /** The page that they see. */
  #page = "";

  /** Signs in at the provider, and answers what its last redirect carries to the listener. */
  async signIn(url: string, { name = PERSON.name, allow = "yes" } = {}): Promise<Record<string, string>> {
    let at = await this.#open(url);
    const forms: Form[] = [{ name, password: PERSON.password }, { code: PERSON.code }, { allow }];
    for (const form of forms) at = await this.#open(at, form);
    return Object.fromEntries(new URL(at).searchParams);
  }

  /** Types the code of a device, signs in, and allows it – or gives it up when they are asked whether it is theirs. */
  async approve(
    url: string,
    userCode: string,
    { gives = "confirm" as "confirm" | "abort" } = {},
  ): Promise<void> {
    let at = await this.#open(url);
    at = await this.#open(at, { xsrf: this.#xsrf, user_code: userCode });
    at = await this.#open(at, { xsrf: this.#xsrf, user_code: userCode, [gives]: "yes" });
    if (gives === "abort") return;
    const forms: Form[] = [
      { name: PERSON.name, password: PERSON.password },
      { code: PERSON.code },
      { allow: "yes" },
    ];
    for (const form of forms) at = await this.#open(at, form);
  }

  /** What the provider's own form sends along. */
  get #xsrf(): string {
    return /name="xsrf" value="([^"]+)"/.exec(this.#page)?.[1] ?? "";
  }

  /** Opens a page and goes where it sends, as far as the provider; answers the last address. */
  async #open(url: string, form?: Form): Promise<string> {
    const { origin } = new URL(url);
    let at = url;
    let body = form;
    for (let hops = 0; hops < 10; hops += 1) {
      const reply = await fetch(at, {
        method: body ? "POST" : "GET",
        redirect: "manual",
        headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
        ...(body ? { body: new URLSearchParams(body) } : {}),
      });
      this.#keep(reply);
      const location = reply.headers.get("location");
      if (location === null) {
        this.#page = await reply.text();
        return at;
      }
      at = new URL(location, at).href;
      body = undefined;
      if (new URL(at).origin !== origin) return at;
    }
    throw new Error("it redirects without an end");
  }

  #keep({ headers }: Response): void {
    for (const cookie of headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.#cookies.set(name, value);
    }
  }
}
