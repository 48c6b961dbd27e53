import { readFile } from "node:fs/promises";
import type { Duplex } from "node:stream";
import { CLOSE_CODES, type ClipboardPolicy } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { FakeGateway } from "../testing/fake-gateway.ts";
import { byToken, SharingFixture } from "../testing/sharing-fixture.ts";
import { opened, refusal } from "../testing/web-sockets.ts";
import { CLIPBOARD_REFUSALS } from "./clipboard-rules.ts";

const bytes = (...parts: readonly (string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));
const KEY = bytes([4, 1, 0, 0, 0, 0, 0, 0x61]);
const LOOK = bytes([3, 1, 0, 0, 0, 0, 5, 0, 2, 208]);
/** A client's text, that it has one, and that it asks for one. */
const GIVEN = bytes([6, 0, 0, 0, 0, 0, 0, 6], "secret");
const NOTIFIED = bytes([6, 0, 0, 0, 255, 255, 255, 252, 8, 0, 0, 1]);
const ASKED = bytes([6, 0, 0, 0, 255, 255, 255, 252, 2, 0, 0, 1]);
/** JPEG has no length that is known beforehand, raw has. */
const ENCODINGS = bytes([2, 0, 0, 2, 0, 0, 0, 21, 0, 0, 0, 0]);
const FOLLOWED = bytes([2, 0, 0, 1, 0, 0, 0, 0]);

const FORMAT = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
const WELCOME = bytes("RFB 003.008\n", [1, 1, 0, 0, 0, 0, 5, 0, 2, 208], FORMAT, [0, 0, 0, 2], "vm");
const BELL = bytes([2]);
const COPIED = bytes([3, 0, 0, 0, 0, 0, 0, 6], "secret");

/** As pino numbers its levels. */
const WARN = 40;
const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

let f: SharingFixture;
let gateway: FakeGateway;
let displays: Duplex[];
const OPEN: ClipboardPolicy = { toGuest: true, fromGuest: true };
const begin = async (clipboard: Partial<ClipboardPolicy>) => {
  [f, gateway] = await SharingFixture.startBesideGateway({ clipboard: { ...OPEN, ...clipboard } });
  const listen = f.t.host.streamEnd;
  f.t.host.streamEnd = (socket, service) => {
    displays.push(socket);
    listen(socket, service);
  };
};
beforeEach(() => {
  displays = [];
});
afterEach(async () => {
  await f[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

const until = (value: () => unknown, wanted: unknown) =>
  expect.poll(value, { timeout: 5000, interval: 10 }).toEqual(wanted);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { code?: string }) => error.code,
  );

/** Somebody at the display: what they hear, what it hears, and how it speaks. */
async function viewer(role: "control" | "view", letter = "a") {
  // a controller that was started anew has another address, and the same socket
  const { token } = await f.t.admin.sessions.createViewToken(f.session.id, { role });
  const heard: Buffer[] = [];
  const display = displays.length;
  const { ws, guest, end } = await f.view(byToken(token, letter));
  ws.on("message", (data: Buffer) => heard.push(data));
  return {
    token,
    end,
    guest,
    send: (...messages: Buffer[]) => ws.send(Buffer.concat(messages)),
    heard: () => Buffer.concat(heard),
    say: (...messages: Buffer[]) => displays[display]?.write(Buffer.concat(messages)),
    put: () => codeOf(f.guestClient(token).sessions.putClipboardImage(f.session.id, PNG)),
  };
}

describe("a clipboard that takes nothing", () => {
  beforeEach(() => begin({ toGuest: false }));

  test("has no text and no image of who has the control, who is told; keys and looks go on", async () => {
    const ann = await viewer("control");
    const { heard } = await f.live(byToken(ann.token, "a"));
    ann.send(GIVEN, KEY, NOTIFIED, ASKED, LOOK);
    await until(ann.guest, Buffer.concat([KEY, ASKED, LOOK]));
    await until(() => heard.map(String).filter((said) => said.includes("CLIPBOARD_CLOSED")).length, 1);
    const told = JSON.parse(heard.map(String).find((said) => said.includes("CLIPBOARD")) ?? "");
    expect(told).toMatchObject({ type: "system/refused", what: "clipboard", message: expect.any(String) });
    expect(await ann.put()).toBe("CLIPBOARD_CLOSED");
    expect(f.t.host.files.images).toEqual([]);
  });

  test("leaves a text out in silence where there is no gateway, and the view goes on", async () => {
    await gateway[Symbol.asyncDispose]();
    const ann = await viewer("control");
    ann.send(GIVEN, KEY, NOTIFIED, LOOK);
    await until(ann.guest, Buffer.concat([KEY, LOOK]));
    ann.say(WELCOME, BELL);
    await until(ann.heard, Buffer.concat([WELCOME, BELL]));
    gateway = await f.openGateway();
  });

  test("still gives what is copied in the VM, to who only looks as well", async () => {
    const [ann, bob] = [await viewer("control"), await viewer("view", "b")];
    for (const one of [ann, bob]) {
      one.say(WELCOME, COPIED, BELL);
      await until(one.heard, Buffer.concat([WELCOME, COPIED, BELL]));
    }
  });
});

describe("a clipboard that gives nothing", () => {
  beforeEach(() => begin({ fromGuest: false }));

  test("takes texts and images, and neither is asked for a text nor tells one", async () => {
    const ann = await viewer("control");
    ann.send(ENCODINGS, ASKED, GIVEN, KEY);
    await until(ann.guest, Buffer.concat([FOLLOWED, GIVEN, KEY]));
    ann.say(WELCOME, COPIED, BELL);
    await until(ann.heard, Buffer.concat([WELCOME, BELL]));
    expect(await ann.put()).toBe("done");
    expect(f.t.host.files.images).toEqual([PNG]);
  });

  test("tells who only looks no text either, and takes none of them", async () => {
    const bob = await viewer("view");
    bob.send(ENCODINGS, ASKED, GIVEN, KEY, LOOK);
    await until(bob.guest, Buffer.concat([FOLLOWED, LOOK]));
    bob.say(WELCOME, COPIED, BELL, COPIED);
    await until(bob.heard, Buffer.concat([WELCOME, BELL]));
    bob.say(BELL);
    await until(bob.heard, Buffer.concat([WELCOME, BELL, BELL]));
    expect(await bob.put()).toBe("CONTROL_REFUSED");
  });

  test("ends a view of a display that cannot be read, and the log says who broke it", async () => {
    const ann = await viewer("control");
    ann.say(WELCOME, bytes([77]));
    expect(await ann.end).toEqual({ code: CLOSE_CODES.streamLost, reason: "DISPLAY_UNREADABLE" });
    const lines = f.t.logged.split("\n").filter((line) => line.includes("a viewer left"));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: WARN, brokenBy: "guest", err: { message: expect.stringContaining("message 77 is unknown") } },
    ]);
    const bob = await viewer("view", "b");
    bob.send(bytes([77]));
    expect(await bob.end).toEqual({ code: CLOSE_CODES.protocolError, reason: "BAD_REQUEST" });
    expect(f.t.logged).toContain('"brokenBy":"viewer"');
  });

  test.each(["control", "view"] as const)("ends a view (%s) whose handshake is another", async (role) => {
    const { token } = await f.session.createViewToken({ role });
    const ws = await opened(f.connect(byToken(token, "a")));
    const end = new Promise<number>((resolve) => ws.once("close", resolve));
    ws.send("RFB 003.007\n");
    expect(await end).toBe(CLOSE_CODES.protocolError);
  });
});

describe("an open clipboard", () => {
  beforeEach(() => begin({}));

  test("passes texts both ways, and nothing of either side is read", async () => {
    const [ann, bob] = [await viewer("control"), await viewer("view", "b")];
    ann.send(ENCODINGS, GIVEN, ASKED, KEY);
    await until(ann.guest, Buffer.concat([ENCODINGS, GIVEN, ASKED, KEY]));
    bob.send(ENCODINGS, GIVEN, LOOK);
    await until(bob.guest, Buffer.concat([ENCODINGS, LOOK]));
    for (const one of [ann, bob]) {
      one.say(COPIED, bytes("no RFB"));
      await until(one.heard, bytes([...COPIED], "no RFB"));
    }
    expect([await ann.put(), await bob.put()]).toEqual(["done", "CONTROL_REFUSED"]);
  });

  test("is closed for views and images that come when the machine's settings forbid it", async () => {
    await f.t.restartController({ clipboard: { toGuest: false, fromGuest: false } });
    const ann = await viewer("control");
    ann.send(GIVEN, KEY);
    await until(ann.guest, KEY);
    ann.say(WELCOME, COPIED, BELL);
    await until(ann.heard, Buffer.concat([WELCOME, BELL]));
    expect(await ann.put()).toBe("CLIPBOARD_CLOSED");
    expect(f.t.host.files.images).toEqual([]);
  });
});

test("each word about a text that is left out has its row in the manual, which invents none", async () => {
  const manual = await readFile(new URL("../../../../docs/live-video.md", import.meta.url), "utf8");
  const rows = [...manual.matchAll(/^\| `clipboard` (\w+) \|/gm)].map(([, code]) => code);
  expect(rows).toEqual([...CLIPBOARD_REFUSALS]);
});

test.each([
  [{ toGuest: false }, "refused"],
  [{ fromGuest: false }, "refused"],
  [{ toGuest: false, fromGuest: false }, "refused"],
  [{}, "open"],
])("the bare display of a session with %o is %s, its other services are open", async (clipboard, is) => {
  await begin(clipboard);
  const { secret } = await f.t.admin.createApiKey({ name: "k" });
  const stream = (service: string) => {
    const url = `${f.t.url.replace("http", "ws")}/v1/sessions/${f.session.id}/streams/${service}`;
    const ws = new WebSocket(url, { headers: { "x-api-key": secret } });
    f.sockets.push(ws);
    return ws;
  };
  if (is === "open") await opened(stream("vnc"));
  else expect(await refusal(stream("vnc"))).toEqual({ status: 403, code: "CLIPBOARD_CLOSED" });
  expect(displays).toHaveLength(is === "open" ? 1 : 0);
  await opened(stream("port-80"));
});
