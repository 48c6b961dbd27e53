import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import type { SessionHandle } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { byToken, SharingFixture, viewerId } from "../../testing/sharing-fixture.ts";

const MIB = 1_048_576;
const path = "Downloads/a b.bin";

let f: SharingFixture;
let session: SessionHandle;
beforeEach(async () => {
  f = await SharingFixture.start();
  session = f.session;
});
afterEach(() => f[Symbol.asyncDispose]());

const filesOf = (token: string) => f.guestClient(token).sessions.files(session.id);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { code?: string }) => error.code,
  );

async function collect(body: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A stream of `mib` pieces; how many were taken is told. */
function pieces(mib: number): { stream: ReadableStream<Uint8Array>; taken: () => number } {
  let taken = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (taken === mib) return controller.close();
      taken += 1;
      controller.enqueue(new Uint8Array(MIB));
    },
  });
  return { stream, taken: () => taken };
}

/** A bare request of an operator. */
async function asOperator(method: string, suffix: string, init: RequestInit = {}): Promise<Response> {
  const { secret } = await f.t.admin.createApiKey({ name: "k" });
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/octet-stream" };
  return fetch(`${f.t.url}/v1/sessions/${session.id}/files${suffix}`, { method, headers, ...init });
}

describe("an operator's files", () => {
  test("go in from bytes, blobs and streams, are listed, come out, and are removed", async () => {
    const content = new Uint8Array(randomBytes(2 * MIB));
    expect(await session.files.write(path, content)).toEqual({ path, size: content.length });
    expect(f.t.host.files.announced).toBe(String(content.length));
    await session.files.write("Downloads/blob", new Blob(["hello"]));
    const { stream } = pieces(3);
    expect(await session.files.write("Downloads/stream", stream)).toMatchObject({ size: 3 * MIB });
    expect(f.t.host.files.announced).toBeUndefined();
    const { entries } = await session.files.list();
    expect(entries.map(({ name, size }) => [name, size])).toEqual([
      ["a b.bin", content.length],
      ["blob", 5],
      ["stream", 3 * MIB],
    ]);
    const { size, body } = await session.files.read(path);
    expect([size, (await collect(body)).equals(content)]).toEqual([content.length, true]);
    await session.files.remove(path);
    expect(await codeOf(session.files.read(path))).toBe("FILE_NOT_FOUND");
  });

  test("that are streams of a known size say it, and may not differ from it", async () => {
    await session.files.write(path, pieces(2).stream, { size: 2 * MIB });
    expect(f.t.host.files.announced).toBe(String(2 * MIB));
    f.t.host.files.files.clear();
    expect(await codeOf(session.files.write(path, pieces(2).stream, { size: MIB }))).not.toBe("done");
    expect(f.t.host.files.files.size).toBe(0);
  });

  test("are saved by a browser, and never run in it", async () => {
    f.t.host.files.files.set('Downloads/"ü\n;.html', Buffer.from("<script>alert(1)</script>"));
    const reply = await asOperator("GET", `/Downloads/${encodeURIComponent('"ü\n;.html')}`);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": "attachment; filename*=UTF-8''%22%C3%BC%0A%3B.html",
      "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "content-length": "25",
    });
    expect(await reply.text()).toBe("<script>alert(1)</script>");
  });

  test.each([
    "/%2e%2e/secret",
    "/Downloads/%2e%2e%2f%2e%2e/secret",
    "/Downloads//x",
    "/%2Fetc%2Fpasswd",
    "/Downloads/a%00b",
    `/${"x".repeat(256)}`,
  ])("are not named %j", async (suffix) => {
    // As it is: fetch itself would make `..` shorter.
    const { secret } = await f.t.admin.createApiKey({ name: "k" });
    const call = request(`${f.t.url}/v1/sessions/${session.id}/files`, {
      path: `/v1/sessions/${session.id}/files${suffix}`,
      headers: { authorization: `Bearer ${secret}` },
    });
    const [response] = await once(call.end(), "response");
    expect([response.statusCode, (await response.toArray()).join("")]).toEqual([
      400,
      expect.stringContaining("BAD_REQUEST"),
    ]);
  });

  test("that are too large are refused before they are sent on", async () => {
    await f.t.restartController({ limits: { ...f.t.config.limits, fileMib: 1 } });
    const reply = await asOperator("PUT", "/x", { body: new Uint8Array(MIB + 1) });
    expect([reply.status, await reply.json()]).toMatchObject([
      413,
      { code: "FILE_TOO_LARGE", details: { limitBytes: MIB } },
    ]);
    expect(f.t.host.files.received).toBe(0);
    expect((await asOperator("PUT", "/x", { body: new Uint8Array(MIB) })).status).toBe(201);
  });

  test("that the guest refuses are answered in its words, also in the middle of the body", async () => {
    f.t.host.files.refuseWrite = "GUEST_DISK_FULL";
    const reply = await asOperator("PUT", "/x", { body: new Uint8Array(16 * MIB) });
    expect([reply.status, await reply.json()]).toMatchObject([507, { code: "GUEST_DISK_FULL" }]);
    expect(await codeOf(session.files.write("x", pieces(16).stream))).toBe("GUEST_DISK_FULL");
  });

  test("whose sender breaks off are not kept", async () => {
    const { secret } = await f.t.admin.createApiKey({ name: "k" });
    const call = request(`${f.t.url}/v1/sessions/${session.id}/files/x`, {
      method: "PUT",
      headers: {
        authorization: `Bearer ${secret}`,
        "content-type": "application/octet-stream",
        "content-length": 4 * MIB,
      },
    });
    call.on("error", () => {}); // broken off by us
    call.write(Buffer.alloc(MIB));
    await expect.poll(() => f.t.host.files.received).toBe(MIB);
    call.destroy();
    await expect.poll(() => f.t.host.files.broken).toBe(1);
    expect(f.t.host.files.files.size).toBe(0);
  });

  test("that break off on their way out are not whole to their reader", async () => {
    f.t.host.files.files.set("x", Buffer.alloc(MIB));
    f.t.host.files.breaksRead = true;
    const { body } = await session.files.read("x");
    await expect(collect(body)).rejects.toThrow();
  });

  test("are told in the log by their size, and never by name", async () => {
    await f.t.admin.sessions.files(session.id).write("Downloads/private-name", new Uint8Array([1]));
    expect(f.t.logged).toContain("a file moved");
    expect(f.t.logged).toMatch(/"bytes":1\b/);
    expect(f.t.logged).not.toContain("private-name");
  });

  test("need a session that is ready", async () => {
    f.t.host.vms.clear();
    expect(await codeOf(session.files.list())).toBe("SESSION_NOT_READY");
    expect(await codeOf(f.t.admin.sessions.files("ses_aaaaaaaaaaaaaaaaaaaa").list())).toBe(
      "SESSION_NOT_FOUND",
    );
  });

  test("by a cookie want its token with each change", async () => {
    const { cookie, csrfToken } = await f.t.signIn();
    const put = (headers: Record<string, string>) =>
      asOperator("PUT", "/x", {
        body: "a",
        headers: { cookie, "content-type": "application/octet-stream", ...headers },
      });
    expect((await put({})).status).toBe(403);
    expect((await put({ "x-csrf-token": csrfToken, origin: "http://evil.example" })).status).toBe(403);
    expect((await put({ "x-csrf-token": csrfToken })).status).toBe(201);
  });
});

describe("who came by a link", () => {
  test("has the downloads while it has the control, and nothing else", async () => {
    f.t.host.files.files.set(path, Buffer.from("hello"));
    const { token } = await session.createViewToken();
    expect(await codeOf(filesOf(token).list())).toBe("CONTROL_REFUSED");
    await f.view(byToken(token, "a"));
    expect((await filesOf(token).list()).entries).toHaveLength(1);
    expect(String(Buffer.from(await filesOf(token).bytes(path)))).toBe("hello");
    await filesOf(token).write("Downloads/new", new Uint8Array([1]));
    await filesOf(token).remove("Downloads/new");
    for (const outside of ["", ".config", "Downloads2"])
      expect(await codeOf(filesOf(token).list(outside))).toBe("FILE_REFUSED");
    expect(await codeOf(filesOf(token).bytes(".config/browservm/Default/Cookies"))).toBe("FILE_REFUSED");
    expect(await codeOf(filesOf(token).write(".bashrc", new Uint8Array()))).toBe("FILE_REFUSED");
    const other = await session.createViewToken();
    await f.view(byToken(other.token, "b"));
    expect(await codeOf(filesOf(other.token).list())).toBe("CONTROL_REFUSED");
    await session.control({ action: "give", viewer: viewerId("a"), to: viewerId("b") });
    expect(await codeOf(filesOf(other.token).list())).toBe("done");
    expect(await codeOf(filesOf(token).remove(path))).toBe("CONTROL_REFUSED");
    expect(f.t.host.files.files.has(path)).toBe(true);
  });

  test("to look has nothing, and of another session neither", async () => {
    const { token } = await session.createViewToken({ role: "view" });
    await f.view(byToken(token, "a"));
    expect(await codeOf(filesOf(token).list())).toBe("CONTROL_REFUSED");
    expect(await codeOf(f.guestClient(token).sessions.files("ses_aaaaaaaaaaaaaaaaaaaa").list())).toBe(
      "FORBIDDEN",
    );
  });
});
