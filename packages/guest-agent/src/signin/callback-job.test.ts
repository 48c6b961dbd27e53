import { request } from "node:http";
import { createServer } from "node:net";
import type { CallbackJob } from "@browservm/contract/guest/signin";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Job } from "./job.ts";
import { all, framesUntil, TestJobs } from "./testing/test-jobs.ts";

let jobs: TestJobs;
beforeEach(async () => {
  jobs = await TestJobs.make();
});
afterEach(() => jobs[Symbol.asyncDispose]());

const listen = (more: Partial<CallbackJob> = {}): Job =>
  jobs.job({
    act: "callback",
    job: {
      kind: "callback",
      port: 0,
      path: "/cb",
      host: "127.0.0.1",
      formPost: false,
      timeoutMs: 9000,
      ...more,
    },
  });

interface Asked {
  readonly host?: string;
  readonly path: string;
  readonly address?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** With any Host header, which fetch does not allow. */
async function ask(
  port: number,
  { host, path, address = "127.0.0.1", method = "GET", headers, body }: Asked,
) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string; csp: string }>();
  const options = {
    host: address,
    port,
    path,
    method,
    headers: { host: host ?? `127.0.0.1:${port}`, ...headers },
  };
  const call = request(options, async (reply) => {
    let text = "";
    for await (const part of reply) text += part;
    resolve({ status: reply.statusCode ?? 0, text, csp: String(reply.headers["content-security-policy"]) });
  });
  call.on("error", reject).end(body);
  return promise;
}

describe("a callback", () => {
  test("is received once, with a page that runs nothing; whoever comes again is told so", async () => {
    const job = listen();
    const { redirectUri, port } = await framesUntil(job, "listening");
    expect(redirectUri).toBe(`http://127.0.0.1:${port}/cb`);
    const reply = await ask(port, { path: "/cb?code=a%2Fb&state=s&scope=x+y" });
    expect(reply.status).toBe(200);
    expect(reply.text).toContain("Done here");
    expect(reply.csp).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect((await framesUntil(job, "callback")).parameters).toEqual({
      code: "a/b",
      state: "s",
      scope: "x y",
    });
    expect((await ask(port, { path: "/cb?code=other&state=s" })).status).toBe(410);
    expect((await all(job)).map(({ type }) => type)).toEqual(["listening", "callback", "refused", "done"]);
    await expect(ask(port, { path: "/cb?code=x" })).rejects.toThrow("ECONNREFUSED");
  });

  test("is received by any name of this machine, over IPv6 too, and an error is one", async () => {
    const job = listen({ host: "localhost" });
    const { redirectUri, port } = await framesUntil(job, "listening");
    expect(redirectUri).toBe(`http://localhost:${port}/cb`);
    const reply = await ask(port, {
      address: "::1",
      host: `localhost:${port}`,
      path: "/cb?error=access_denied",
    });
    expect([reply.status, reply.text.includes("not completed")]).toEqual([200, true]);
    expect((await framesUntil(job, "callback")).parameters).toEqual({ error: "access_denied" });
  });

  test("is waited for on while others come: another state, no parameters, one twice, too many", async () => {
    const job = listen({ state: "right" });
    const { port } = await framesUntil(job, "listening");
    const many = Array.from({ length: 40 }, (_, n) => `p${n}=1`).join("&");
    for (const query of [
      "?code=x&state=wrong",
      "",
      "?code=1&code=2&state=right",
      `?${many}`,
      `?code=${"x".repeat(9000)}`,
    ])
      expect((await ask(port, { path: `/cb${query}` })).status, query.slice(0, 30)).toBe(400);
    await ask(port, { path: "/cb?code=x&state=right" });
    const frames = await all(job);
    const refused = frames.flatMap((frame) => (frame.type === "refused" ? [frame.why] : []));
    expect(refused).toEqual(["state", "malformed", "malformed", "malformed", "malformed"]);
    expect(frames.find(({ type }) => type === "callback")).toMatchObject({ parameters: { code: "x" } });
  });

  test("is nothing of another kind, from elsewhere, or that nobody has opened as a page", async () => {
    const job = listen();
    const { port } = await framesUntil(job, "listening");
    const others: Array<readonly [number, Asked]> = [
      [404, { path: "/favicon.ico" }],
      [404, { path: "/cb/x?code=1" }],
      [400, { path: "/cb?code=1", method: "PUT" }],
      [400, { path: "/cb", method: "POST" }],
      [403, { path: "/cb?code=1", host: "evil.example" }],
      [403, { path: "/cb?code=1", host: "127.0.0.1:1" }],
      [403, { path: "/cb?code=1", headers: { "sec-fetch-dest": "image" } }],
      [403, { path: "/cb?code=1", headers: { "sec-fetch-dest": "iframe" } }],
      [403, { path: "/cb?code=1", headers: { "sec-purpose": "prefetch" } }],
    ];
    for (const [status, asked] of others)
      expect((await ask(port, asked)).status, JSON.stringify(asked)).toBe(status);
    const page = { path: "/cb?code=2", headers: { "sec-fetch-dest": "document" } };
    expect((await ask(port, page)).status).toBe(200);
    expect(await framesUntil(job, "callback")).toMatchObject({ parameters: { code: "2" } });
  });

  test("may be a form", async () => {
    const job = listen({ formPost: true });
    const { port } = await framesUntil(job, "listening");
    const form = {
      path: "/cb",
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    };
    expect((await ask(port, { ...form, body: `code=${"x".repeat(40_000)}` })).status).toBe(400);
    expect(
      (await ask(port, { ...form, headers: { "content-type": "text/plain" }, body: "code=1" })).status,
    ).toBe(400);
    expect((await ask(port, { ...form, body: "code=posted&state=s" })).status).toBe(200);
    expect(await framesUntil(job, "callback")).toMatchObject({
      method: "POST",
      parameters: { code: "posted" },
    });
  });
});

describe("a listener", () => {
  test("has the port that it wants, or says that it is taken", async () => {
    await using taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    const [frame] = await all(listen({ port }));
    expect(frame).toMatchObject({ type: "failed", code: "SIGNIN_PORT_TAKEN" });
  });

  test("is on loopback only", async () => {
    const { port } = await framesUntil(listen(), "listening");
    // All of 127/8 is this machine's; only what was asked for answers.
    await expect(ask(port, { address: "127.0.0.2", path: "/cb?code=1" })).rejects.toThrow("ECONNREFUSED");
  });

  test("ends when the time is up, and when it is stopped", async () => {
    const late = jobs.job(
      {
        act: "callback",
        job: { kind: "callback", port: 0, path: "/cb", host: "127.0.0.1", formPost: false, timeoutMs: 1000 },
      },
      1000,
    );
    expect((await all(late)).at(-1)).toMatchObject({ code: "SIGNIN_JOB_TIMED_OUT" });
    const job = listen();
    const { port } = await framesUntil(job, "listening");
    await job.stop();
    await expect(ask(port, { path: "/cb?code=1" })).rejects.toThrow("ECONNREFUSED");
  });
});
