import { expect, test } from "vitest";
import { readSigninDraft, type SigninWay } from "./signin-draft.ts";

const read = (way: SigninWay, typed: Record<string, string> = {}) =>
  readSigninDraft(way, (name) => typed[name] ?? "");
const problemsOf = (way: SigninWay, typed: Record<string, string>) => {
  const result = read(way, typed);
  return result.ok ? {} : result.problems;
};
const OAUTH = { provider: "example", issuer: "https://id.example", clientId: "app" };
const SITE = { provider: "shop", url: "https://shop.example/login" };

test("a provider that is known needs nothing more", () => {
  expect(read({ provider: "codex" }, { subject: " ada ", expiresIn: "300" })).toMatchObject({
    ok: true,
    request: { provider: "codex", subject: "ada", expiresIn: 300 },
  });
  const { request } = read({ provider: "codex" }) as { request: object };
  expect(request).not.toHaveProperty("settings");
});

test("an OAuth provider needs a client, and takes what else is given", () => {
  expect(
    read("oauth", { ...OAUTH, scopes: " openid  email ", flow: "device", audience: "api" }),
  ).toMatchObject({
    ok: true,
    request: {
      settings: {
        recipe: "oauth",
        flow: "device",
        client: { issuer: "https://id.example", clientId: "app" },
        scopes: ["openid", "email"],
        audience: "api",
        redirect: { host: "127.0.0.1", port: 0, path: "/callback" },
      },
    },
  });
});

test("more parameters for the authorization request are lines of name and value", () => {
  const parameters = " access_type = offline\n\nprompt=consent\nlogin_hint=a=b ";
  expect(read("oauth", { ...OAUTH, parameters })).toMatchObject({
    request: { settings: { parameters: { access_type: "offline", prompt: "consent", login_hint: "a=b" } } },
  });
  for (const wrong of ["prompt", "=consent", "state=mine", "a b=c"])
    expect(problemsOf("oauth", { ...OAUTH, parameters: wrong })).toHaveProperty("parameters");
});

test("of a website the page's own origin is captured where none is named", () => {
  const captured = (origins: string) => read("cookies", { ...SITE, origins });
  expect(captured("")).toMatchObject({ request: { settings: { origins: ["https://shop.example"] } } });
  expect(captured("https://a.example\n https://b.example\n")).toMatchObject({
    request: { settings: { origins: ["https://a.example", "https://b.example"] } },
  });
});

test("each wrong field is named, a secret never repeated", () => {
  expect(problemsOf("oauth", { ...OAUTH, provider: "" })).toHaveProperty("provider");
  expect(problemsOf("oauth", { ...OAUTH, issuer: "ftp://x" })).toHaveProperty("issuer");
  expect(problemsOf("oauth", { ...OAUTH, clientId: "" })).toHaveProperty("clientId");
  expect(problemsOf("oauth", { ...OAUTH, redirectPort: "80" })).toHaveProperty("redirectPort");
  expect(problemsOf("oauth", { ...OAUTH, redirectPort: "many" })).toHaveProperty("redirectPort");
  expect(problemsOf("oauth", { ...OAUTH, redirectPath: "no" })).toHaveProperty("redirectPath");
  expect(problemsOf("oauth", { ...OAUTH, tokenEndpoint: "x" })).toHaveProperty("tokenEndpoint");
  expect(problemsOf("cookies", { ...SITE, url: "shop" })).toHaveProperty("url");
  expect(problemsOf("cookies", { ...SITE, origins: "https://shop.example/path" })).toHaveProperty("origins");
  expect(problemsOf("cookies", { ...SITE, doneCookie: "a b" })).toHaveProperty("doneCookie");
  const secret = problemsOf("oauth", { ...OAUTH, clientSecret: "planted\u0007secret" });
  expect(secret).toHaveProperty("clientSecret");
  expect(JSON.stringify(secret)).not.toContain("planted");
});
