import type { IncomingMessage, ServerResponse } from "node:http";
import type { Provider as OidcProvider } from "oidc-provider";

/** Who can sign in at the test's provider, and with what. */
export const PERSON = { name: "person@example.org", password: "correct horse", code: "492817" } as const;

const page = (title: string, form: string, wrong = "") =>
  `<!doctype html><title>${title}</title><body style="font:24px sans-serif"><h1>${title}</h1><p>${wrong}</p>` +
  `<form method="post">${form}<button>Go on</button></form>`;
const field = (name: string, type: string) =>
  `<label>${name} <input name="${name}" type="${type}" autocomplete="off" autofocus></label>`;

/** The provider's own pages: name and password, a second factor, consent; each is a form that a person fills in. */
export class LoginPages {
  readonly #oidc: OidcProvider;
  /** Who has got past the password, by interaction. */
  readonly #halfway = new Map<string, string>();

  constructor(oidc: OidcProvider) {
    this.#oidc = oidc;
  }

  /** Whether the request was for one of them. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    if (!request.url?.startsWith("/interaction/")) return false;
    const { uid, prompt } = await this.#oidc.interactionDetails(request, response);
    const sent = request.method === "POST" ? await readForm(request) : undefined;
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
      if (sent?.get("code") !== PERSON.code)
        return show(response, page("Second step", field("code", "text"), sent ? "wrong code" : ""));
      this.#halfway.delete(uid);
      return this.#oidc.interactionFinished(request, response, { login: { accountId: account } });
    }
    const name = sent?.get("name") ?? "";
    if (!name.endsWith("@example.org") || sent?.get("password") !== PERSON.password) {
      const form = field("name", "text") + field("password", "password");
      return show(
        response,
        page(
          "Sign in",
          form.replace(" autofocus", "").replace("<input", "<input autofocus"),
          sent ? "wrong" : "",
        ),
      );
    }
    this.#halfway.set(uid, name);
    return show(response, page("Second step", field("code", "text")));
  }

  async #consent(
    request: IncomingMessage,
    response: ServerResponse,
    sent: URLSearchParams | undefined,
  ): Promise<void> {
    const { prompt, params, session, grantId } = await this.#oidc.interactionDetails(request, response);
    if (!sent) return show(response, page("Allow it?", `<input type="hidden" name="allow" value="yes">`));
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

const show = (response: ServerResponse, html: string): void =>
  void response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html);
