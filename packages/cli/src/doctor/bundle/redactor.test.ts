import { describe, expect, test } from "vitest";
import { knownSecrets, Redactor } from "./redactor.ts";

const plain = new Redactor([]);

describe("a secret is known by its form or by what it is called", () => {
  const secrets: Array<[string, string]> = [
    ["an API key", "key bvm_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG used"],
    ["a sign-in link", "http://h/login#token=bvl_SECRETSECRETSECRETSECRET"],
    ["an authorization header", "Authorization: Bearer SECRET.SECRET-1"],
    ["basic credentials", '{"authorization":"Basic U0VDUkVUOlNFQ1JFVA=="}'],
    ["an assignment", "DB_PASSWORD=SECRET next"],
    ["a quoted assignment", 'api_key: "SECRET with spaces"'],
    ["JSON inside JSON", String.raw`"env":"{\"MY_TOKEN\":\"SECRET\"}"`],
    ["a flag", "curl --api-token SECRET --verbose"],
    ["an address with a password", "GET https://user:SECRET@mirror.example/debian"],
    ["an address with a name that is a token", "https://SECRET@git.example/x"],
    ["a query", "https://example.com/?code=SECRET&lang=en"],
    ["a cookie", "cookie: a=SECRET; b=SECRET"],
    ["a JSON web token", "eyJTRUNSRVQ.eyJTRUNSRVQ.SECRET"],
    ["a private key", "-----BEGIN OPENSSH PRIVATE KEY-----\nSECRET\n-----END OPENSSH PRIVATE KEY-----"],
    ["half a private key", "x\n-----BEGIN PRIVATE KEY-----\nSECRET\nSECRET"],
  ];
  test.each(secrets)("%s", (_, text) => {
    const redacted = plain.text(text);
    expect(redacted).toContain("[redacted]");
    expect(redacted).not.toMatch(/SECRET|U0VDUkVU|TRUNSRVQ|0123456789abc/);
  });
});

test.each([
  "link bv-0: master 0, state UP, mtu 1500",
  "ses_aaaaaaaaaaaaaaaaaaaa vm_bbbbbbbbbbbbbbbbbbbb",
  "http://127.0.0.1:4000 answers",
  "02:fc:c0:a8:64:02 is at 192.168.100.2",
])("what a doctor needs stays: %s", (text) => {
  expect(plain.text(text)).toBe(text);
});

test("a value that is known goes wherever it is, also encoded", () => {
  const value = 'hunter2/"&x';
  const redactor = new Redactor([value]);
  const text = [
    value,
    encodeURIComponent(value),
    JSON.stringify(value),
    Buffer.from(value).toString("base64"),
  ].join(" ");
  expect(redactor.text(text)).not.toMatch(/hunter2|aHVudGVy/);
});

test("secrets are known from variables with a telling name, and from addresses with a password", () => {
  const env = {
    GITHUB_TOKEN: "ghsecret",
    HOME: "/root",
    PROXY: "http://u:proxypass@p:3128",
    SHORT_PASSWORD: "abc",
  };
  const settings = { image: { mirror: "https://me:mirror%2Dpass@deb.example/debian" } };
  expect(knownSecrets(env, settings)).toEqual(
    expect.arrayContaining(["ghsecret", "proxypass", "mirror%2Dpass", "mirror-pass"]),
  );
  expect(knownSecrets(env, settings)).not.toContain("/root");
  // Three letters would tear holes into every other word.
  expect(new Redactor(["abc"]).text("abc abcd")).toBe("abc abcd");
});

test("in JSON whole fields go by their name, at every depth, and their neighbours stay", () => {
  const value = { a: [{ csrfToken: "x1", name: "bv-0", password: 12_345 }], note: "token=y1", ok: true };
  expect(plain.json(value)).toEqual({
    a: [{ csrfToken: "[redacted]", name: "bv-0", password: "[redacted]" }],
    note: "token=[redacted]",
    ok: true,
  });
});
