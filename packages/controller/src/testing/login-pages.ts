import type { IncomingMessage, ServerResponse } from "node:http";
import type { Provider as OidcProvider } from "oidc-provider";

/** Who can sign in at the test's provider, and with what. */
export const PERSON = { name: "person@example.org", password: "correct horse", code: "492817" } as const;

/** Where a person clicks for the first field of a login, in pixels of a display: high enough for browsers with and without bars. */
export const NAME_FIELD = { x: 160, y: 223, height: 120 } as const;

/** A code at which the provider breaks down, once. */
export const BREAKING_CODE = "000000";

/** The ground of each page, by which a person who sees only pixels knows where they are. */
export const GROUND = {
  login: [180, 210, 255],
  wrong: [250, 180, 220],
  code: [255, 225, 170],
  broken: [170, 170, 170],
  consent: [190, 240, 190],
} as const;

interface PageOf {
  readonly title: string;
  readonly ground: readonly number[];
  readonly form: string;
  readonly wrong?: string;
}

/** Says with the form whether the browser admits to be driven by a program. */
const SELF_REPORT = "document.forms[0].automated.value = navigator.webdriver";
const page = ({ title, ground, form, wrong = "" }: PageOf) =>
  `<!doctype html><title>${title}</title><body style="font:24px sans-serif;background:rgb(${ground.join(",")})">` +
  // in the heading, so that fields stay where they are
  `<h1>${title}${wrong && `: ${wrong}`}</h1><p></p><form method="post">${form}<input type="hidden" name="automated">` +
  `<button autofocus>Go on</button></form><script>${SELF_REPORT}</script>`;
const field = (name: string, type: string) =>
  `<label>${name} <input name="${name}" type="${type}" autocomplete="off" autofocus style="height:${NAME_FIELD.height}px"></label>`;

const FIRST = {
  title: "Sign in",
  ground: GROUND.login,
  form: field("name", "text") + field("password", "password"),
};
const SECOND = { title: "Second step", ground: GROUND.code, form: field("code", "text") };
const BROKEN =
  `<!doctype html><title>Error</title><body style="font:24px sans-serif;background:rgb(${GROUND.broken.join(",")})">` +
  `<h1>Something broke here</h1><p><a href="" autofocus>Try again</a>`;
const CONSENT = {
  title: "Allow it?",
  ground: GROUND.consent,
  form: `<input type="hidden" name="allow" value="yes">`,
};

/** The provider's own pages: name and password, a second factor, consent; each is a form that a person fills in. */
export class LoginPages {
  readonly #oidc: OidcProvider;
  /** Who has got past the password, by interaction. */
  readonly #halfway = new Map<string, string>();
  /** What browsers said of themselves: whether they are driven by a program. */
  readonly automated = new Set<string>();

  constructor(oidc: OidcProvider) {
    this.#oidc = oidc;
  }

  /** Whether the request was for one of them. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    if (!request.url?.startsWith("/interaction/")) return false;
    const { uid, prompt } = await this.#oidc.interactionDetails(request, response);
    const sent = request.method === "POST" ? await readForm(request) : undefined;
    if (sent) this.automated.add(sent.get("automated") ?? "");
    if (prompt.name === "login") await this.#login(request, response, { uid, sent });
    else await this.#consent(request, response, sent);
    return true;
  }

  async #login(
    request: IncomingMessage,
    response: ServerResponse,
    { uid, sent }: { uid: string; sent: URLSearchParams | undefined },
  ): Promise<void> {
    const account = this.#halfway.get(uid);
    if (account !== undefined) {
      if (sent?.get("code") === BREAKING_CODE) return show(response, BROKEN, 500);
      if (sent?.get("code") !== PERSON.code)
        return show(response, page({ ...SECOND, wrong: sent ? "wrong code" : "" }));
      this.#halfway.delete(uid);
      return this.#oidc.interactionFinished(request, response, { login: { accountId: account } });
    }
    const name = sent?.get("name") ?? "";
    if (!name.endsWith("@example.org") || sent?.get("password") !== PERSON.password) {
      return show(response, page(sent ? { ...FIRST, ground: GROUND.wrong, wrong: "wrong" } : FIRST));
    }
    this.#halfway.set(uid, name);
    return show(response, page(SECOND));
  }

  async #consent(
    request: IncomingMessage,
    response: ServerResponse,
    sent: URLSearchParams | undefined,
  ): Promise<void> {
    const { prompt, params, session, grantId } = await this.#oidc.interactionDetails(request, response);
    if (!sent) return show(response, page(CONSENT));
    if (sent.get("allow") !== "yes")
      return this.#oidc.interactionFinished(request, response, { error: "access_denied" });
    const known = grantId ? await this.#oidc.Grant.find(grantId) : undefined;
    const grant =
      known ??
      new this.#oidc.Grant({ accountId: session?.accountId ?? "", clientId: String(params.client_id) });
    const { missingOIDCScope } = prompt.details as { missingOIDCScope?: string[] };
    if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(" "));
    return this.#oidc.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  }
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}

const show = (response: ServerResponse, html: string, status = 200): void =>
  void response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(html);
