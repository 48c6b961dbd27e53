import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { TestController } from "../testing/test-controller.ts";
import { PAGE_CSP } from "./security-headers.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A page's server that tells what it was asked. */
async function startPage(): Promise<{
  webListen: string;
  asked: { url: string; headers: IncomingHttpHeaders }[];
}> {
  const asked: { url: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer(({ url = "", headers }, reply) => {
    asked.push({ url, headers });
    if (url === "/own") reply.setHeader("content-security-policy", "script-src 'nonce-1'");
    reply.setHeader("content-type", "text/html").end("<h1>page</h1>");
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { webListen: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe("the page", () => {
  test("comes from its own server, which never sees credentials", async () => {
    const { webListen, asked } = await startPage();
    await using t = await TestController.start({ webListen });
    const { cookie } = await t.signIn();
    const reply = await t.fetch("GET", "/sessions/x?a=1", {
      headers: { cookie, authorization: "Bearer bvm_x" },
    });
    expect(await reply.text()).toBe("<h1>page</h1>");
    expect(asked[0]?.url).toBe("/sessions/x?a=1");
    expect(asked[0]?.headers).not.toHaveProperty("cookie");
    expect(asked[0]?.headers).not.toHaveProperty("authorization");
  });

  test("keeps a policy of its own, and gets ours when it has none", async () => {
    const { webListen } = await startPage();
    await using t = await TestController.start({ webListen });
    expect((await t.fetch("GET", "/")).headers.get("content-security-policy")).toBe(PAGE_CSP);
    const own = await t.fetch("GET", "/own");
    expect(own.headers.get("content-security-policy")).toBe("script-src 'nonce-1'");
    expect(own.headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("says that it is not here yet when its server does not answer, and the API goes on", async () => {
    await using t = await TestController.start();
    const reply = await t.fetch("GET", "/");
    expect(reply.status).toBe(503);
    expect(reply.headers.get("content-type")).toContain("text/html");
    expect(await reply.text()).toContain("The page is not here yet");
    expect((await t.fetch("GET", "/healthz")).status).toBe(200);
  });

  test("is never asked for the API's addresses", async () => {
    const { webListen, asked } = await startPage();
    await using t = await TestController.start({ webListen });
    const reply = await t.fetch("GET", "/v1/nothing");
    expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([404, "NOT_FOUND"]);
    expect(asked).toEqual([]);
  });
});
