import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateConnection } from "@browservm/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectionRequest } from "./connection-request.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bvm-cli-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: unknown): string {
  const path = join(directory, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

test("what a token endpoint answered becomes an OAuth connection", async () => {
  const tokens = file("tokens.json", { access_token: "a", refresh_token: "r", expires_in: 60, scope: "x y" });
  const clientSecretFile = file("secret", "s3\n");
  const options = { tokens, clientSecretFile, clientId: "tool", issuer: "https://example.org" };
  const request = await connectionRequest("test", options, 0);
  expect(CreateConnection.parse(request)).toMatchObject({
    kind: "oauth",
    client: { clientId: "tool", clientSecret: "s3", issuer: "https://example.org" },
    tokens: {
      accessToken: "a",
      refreshToken: "r",
      expiresAt: "1970-01-01T00:01:00.000Z",
      scopes: ["x", "y"],
    },
  });
});

test("files keep their content under the path that was asked for", async () => {
  const local = file("auth.json", "{}");
  const request = await connectionRequest("tool", { file: [`${local}:.tool/auth.json`], subject: "me" });
  expect(CreateConnection.parse(request)).toMatchObject({
    subject: "me",
    files: [{ path: ".tool/auth.json", mode: 0o600, data: "e30=" }],
  });
});

test("what Playwright wrote becomes a browser's state", async () => {
  const cookie = { name: "sid", value: "v", domain: "example.org", path: "/", secure: true, sameSite: "Lax" };
  const origins = [{ origin: "https://example.org", localStorage: [{ name: "a", value: "b" }] }];
  const request = await connectionRequest("site", {
    state: file("state.json", { cookies: [cookie], origins }),
  });
  expect(CreateConnection.parse(request)).toMatchObject({
    cookies: [{ name: "sid", value: "v" }],
    storage: [{ origin: "https://example.org", localStorage: { a: "b" } }],
  });
});

test("what is wrong with a file is told without a word of it", async () => {
  const refused = (content: unknown) =>
    connectionRequest("test", { tokens: file("t", content), clientId: "x" }).then(
      () => "accepted",
      (error: Error) => error.message,
    );
  for (const content of ["planted {", { access_token: ["planted"] }, { planted: 1 }, { access_token: "" }])
    expect(await refused(content)).not.toMatch(/planted|accepted/);
  await expect(connectionRequest("test", {})).rejects.toMatchObject({ code: "BAD_REQUEST" });
  const both = { tokens: file("t", "{}"), state: file("s", "{}") };
  await expect(connectionRequest("test", both)).rejects.toMatchObject({ code: "BAD_REQUEST" });
  await expect(connectionRequest("test", { state: join(directory, "none") })).rejects.toThrow("ENOENT");
});
