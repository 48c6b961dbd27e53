import { apiRoutes, BrowserVmError } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { RouteClient } from "./route-client.ts";

const ok = () => Response.json({ status: "ok" });
const refused = (code: "RATE_LIMITED" | "HOST_UNREACHABLE", headers: Record<string, string> = {}) => {
  const problem = new BrowserVmError(code, "not now", { a: 1 }).toProblem();
  return Response.json(problem, { status: problem.status, headers });
};

/** A client whose server answers one after the other; a thrown one is a broken connection. */
function clientOf(...answers: (() => Response)[]) {
  const asked: { url: string; init: RequestInit }[] = [];
  const client = new RouteClient({
    baseUrl: "http://x",
    unreachable: "NOT_RUNNING",
    fetch: async (url, init) => {
      asked.push({ url, init });
      const answer = answers[asked.length - 1];
      if (!answer) throw new TypeError("fetch failed");
      return answer();
    },
  });
  return { client, asked };
}
const broken = () => {
  throw new TypeError("fetch failed");
};

describe("RouteClient", () => {
  test("repeats a request that may be repeated when the connection breaks", async () => {
    const { client, asked } = clientOf(broken, ok);
    await expect(client.call(apiRoutes.health)).resolves.toEqual({ status: "ok" });
    expect(asked).toHaveLength(2);
  });

  test("never repeats a change without an Idempotency-Key", async () => {
    const { client, asked } = clientOf(broken, ok);
    await expect(client.call(apiRoutes.createApiKey, { body: { name: "a" } })).rejects.toMatchObject({
      code: "NOT_RUNNING",
    });
    expect(asked).toHaveLength(1);
  });

  test("waits as long as the server says", async () => {
    const { client, asked } = clientOf(() => refused("RATE_LIMITED", { "retry-after": "0.05" }), ok);
    const begin = performance.now();
    await client.call(apiRoutes.health);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(45);
    expect(asked).toHaveLength(2);
  });

  test("does not repeat what the server refused without saying when", async () => {
    const { client, asked } = clientOf(() => refused("HOST_UNREACHABLE"), ok);
    await expect(client.call(apiRoutes.health)).rejects.toMatchObject({
      name: "BrowserVmError",
      code: "HOST_UNREACHABLE",
      details: { a: 1 },
      status: 503,
    });
    expect(asked).toHaveLength(1);
  });

  test("does not wait longer than is sensible", async () => {
    const { client } = clientOf(() => refused("RATE_LIMITED", { "retry-after": "86400" }));
    await expect(client.call(apiRoutes.health)).rejects.toMatchObject({ code: "RATE_LIMITED" });
  });

  test.each([
    ["a reply of another shape", () => Response.json({ status: "fine" })],
    ["a reply that is not JSON", () => new Response("<html>")],
    ["an error that is no problem document", () => new Response("Bad Gateway", { status: 502 })],
  ])("%s is a protocol error", async (_, answer) => {
    const { client } = clientOf(answer);
    await expect(client.call(apiRoutes.health)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  test("a call that is not answered in time says so; one that is cancelled says that", async () => {
    const never = new RouteClient({
      baseUrl: "",
      unreachable: "NOT_RUNNING",
      fetch: async (_, { signal }) => {
        signal?.throwIfAborted();
        return new Promise((__, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      },
    });
    await expect(never.call(apiRoutes.health, {}, { timeoutMs: 20 })).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
    const cancel = new AbortController();
    const call = never.call(apiRoutes.health, {}, { signal: cancel.signal });
    cancel.abort();
    await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
