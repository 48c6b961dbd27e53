import { BrowserVM } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { byToken, SharingFixture, viewerId } from "../../testing/sharing-fixture.ts";
import { opened } from "../../testing/web-sockets.ts";

const MIB = 1_048_576;
const png = (length = 64) => {
  const bytes = new Uint8Array(length);
  bytes.set(Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"));
  return bytes;
};
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { code?: string }) => error.code,
  );

let f: SharingFixture;
beforeEach(async () => {
  f = await SharingFixture.start();
});
afterEach(() => f[Symbol.asyncDispose]());

/** Who holds the control, by a link, as a program. */
async function holder(letter = "a", sessions = f.session) {
  const { token } = await sessions.createViewToken();
  await f.view(byToken(token, letter));
  return f.guestClient(token).sessions;
}

/** Sends an image whose size is not said before. */
async function send(token: string, body: ReadableStream<Uint8Array>) {
  const reply = await fetch(`${f.t.url}/v1/sessions/${f.session.id}/clipboard/image`, {
    ...{ method: "PUT", body, duplex: "half" },
    headers: { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" },
  } as RequestInit);
  return [reply.status, await reply.json()];
}

describe("an image for the clipboard", () => {
  test("comes to the VM from who has the control, and from nobody else", async () => {
    const ann = await holder("a");
    const bob = await holder("b");
    await ann.putClipboardImage(f.session.id, png(200_000));
    expect(f.t.host.files.images.map(({ length }) => length)).toEqual([200_000]);
    expect(await codeOf(bob.putClipboardImage(f.session.id, png()))).toBe("CONTROL_REFUSED");
    expect(await codeOf(f.operator.sessions.putClipboardImage(f.session.id, png()))).toBe("CONTROL_REFUSED");
    await f.session.control({ action: "give", viewer: viewerId("a"), to: viewerId("b") });
    expect(await codeOf(ann.putClipboardImage(f.session.id, png()))).toBe("CONTROL_REFUSED");
    expect(await codeOf(bob.putClipboardImage(f.session.id, new Blob([png()])))).toBe("done");
    expect(f.t.host.files.images).toHaveLength(2);
  });

  test("is PNG, is not too large, and comes alone", async () => {
    const ann = await holder();
    const put = (bytes: Uint8Array<ArrayBuffer>) => codeOf(ann.putClipboardImage(f.session.id, bytes));
    expect(await put(new Uint8Array([0xff, 0xd8, 0xff, 0xe0]))).toBe("CLIPBOARD_NOT_PNG");
    expect(await put(new Uint8Array())).toBe("CLIPBOARD_NOT_PNG");
    expect(await put(png(8 * MIB + 1))).toBe("CLIPBOARD_TOO_LARGE");
    expect(f.t.host.files.images).toEqual([]);
    const gate = Promise.withResolvers<void>();
    f.t.host.files.imageGate = gate.promise;
    const first = put(png(8 * MIB));
    await expect.poll(() => f.t.host.files.received, { timeout: 8000 }).toBe(8 * MIB);
    expect(await put(png())).toBe("CLIPBOARD_BUSY");
    gate.resolve();
    expect(await first).toBe("done");
    expect(await put(png())).toBe("done");
  });

  test("that comes too slowly is refused, and keeps nobody from giving another", async () => {
    f.t.slowSenders = { imageMs: 300 };
    await f.t.restartController();
    const { token } = await f.t.admin.sessions.createViewToken(f.session.id);
    await f.view(byToken(token, "a"));
    const trickle = new ReadableStream<Uint8Array>({
      pull: async (to) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        to.enqueue(png());
      },
    });
    const slow = send(token, trickle);
    const { sessions } = f.guestClient(token);
    const put = () => codeOf(sessions.putClipboardImage(f.session.id, png()));
    await expect.poll(put).toBe("CLIPBOARD_BUSY");
    expect(await slow).toMatchObject([400, { code: "CLIPBOARD_TOO_SLOW", details: { ms: 300 } }]);
    expect(await put()).toBe("done");
  });

  test("is too large also where its size is not said before", async () => {
    const { token } = await f.session.createViewToken();
    await f.view(byToken(token, "a"));
    const body = new ReadableStream<Uint8Array>({
      pull: (to) => to.enqueue(png(MIB)),
    });
    expect(await send(token, body)).toMatchObject([413, { code: "CLIPBOARD_TOO_LARGE" }]);
  });
});

describe("a session's policy", () => {
  test("is told, holds for images, and is no more than the machine allows", async () => {
    const closed = await f.operator.sessions.create({ clipboard: { toGuest: false } });
    await closed.waitFor("ready");
    expect(closed.data.clipboard).toEqual({ toGuest: false, fromGuest: true });
    expect(f.session.data.clipboard).toEqual({ toGuest: true, fromGuest: true });
    const link = await closed.createViewToken();
    const query = new URLSearchParams({ token: link.token, viewer: viewerId("a") });
    const display = new WebSocket(`${f.t.url.replace("http", "ws")}/v1/sessions/${closed.id}/vnc?${query}`);
    f.sockets.push(await opened(display));
    const images = f.t.host.files.images.length;
    const put = f.guestClient(link.token).sessions.putClipboardImage(closed.id, png());
    expect(await codeOf(put)).toBe("CLIPBOARD_CLOSED");
    expect(f.t.host.files.images).toHaveLength(images);
    const { token } = await f.session.createViewToken();
    await f.view(byToken(token, "a"));
    await f.t.restartController({ clipboard: { toGuest: false, fromGuest: false } });
    const operator = new BrowserVM({
      baseUrl: f.t.url,
      apiKey: (await f.t.admin.createApiKey({ name: "k" })).secret,
    });
    const wishing = await operator.sessions.create({ clipboard: { toGuest: true } });
    expect(wishing.data.clipboard).toEqual({ toGuest: false, fromGuest: false });
  });

  test("that is not well said is refused", async () => {
    for (const clipboard of [{ toGuest: "no" }, { fromguest: false }, "closed"])
      expect(await codeOf(f.operator.sessions.create({ clipboard } as never))).toBe("BAD_REQUEST");
  });
});
