import { createHash, randomBytes } from "node:crypto";
import { makeId } from "@browservm/contract";
import { BrowserVM, type CreateOptions, type SessionHandle } from "@browservm/sdk";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ControllerUnderTest } from "../harness/controller-under-test.ts";
import { HostUnderTest } from "../harness/host-under-test.ts";
import { Typist } from "./typist.ts";

const LISTEN = "127.0.0.1:4000";
const SOON = { timeout: 30_000, interval: 100 };
const MIB = 1_048_576;
/** Says in its title what is typed, and what image is pasted. */
const PAGE = `data:text/html,${encodeURIComponent(`<!doctype html><title>said:</title><script>
let said = "";
const say = (word) => document.title = "said:" + (said += word);
addEventListener("keypress", ({ key }) => say(key));
addEventListener("paste", async ({ clipboardData: { files: [image] } }) => {
  const { width, height } = await createImageBitmap(image);
  say(image.type + width + "x" + height);
});
</script>`)}`;
const SHOWN = { x: 640, y: 400 };

let host: HostUnderTest;
let controller: ControllerUnderTest;
const rest = new AsyncDisposableStack();

beforeAll(async () => {
  host = rest.use(await HostUnderTest.start({ env: { BROWSERVM_VMM__DRIVER: "container" } }));
  controller = rest.use(await ControllerUnderTest.start(host.dir, { BROWSERVM_LISTEN: LISTEN }));
});
afterAll(() => rest.disposeAsync());

/** Somebody with the control of a new session, at its display and as a program. */
async function sit(clipboard: CreateOptions["clipboard"]) {
  const session = await controller.client.sessions.create({ image: "browser", url: PAGE, clipboard });
  await session.waitFor("ready");
  const { secret } = await controller.client.createApiKey({ name: "person", role: "user" });
  const viewer = makeId("vwr", randomBytes(20));
  const address = `ws://${LISTEN}/v1/sessions/${session.id}/vnc?viewer=${viewer}`;
  const typist = rest.use(await Typist.sitDown(address, secret));
  await session.control({ action: "take", viewer });
  const { sessions } = new BrowserVM({ baseUrl: `http://${LISTEN}`, apiKey: secret, retries: 0 });
  const put = (png: Uint8Array<ArrayBuffer>) =>
    sessions.putClipboardImage(session.id, png).then(
      () => "done",
      ({ code }: { code?: string }) => code,
    );
  return { session, typist, put };
}

/** What a script of the browser's user says, however it ends. */
async function inGuest(session: SessionHandle, script: string): Promise<string> {
  const said: Uint8Array[] = [];
  for await (const event of session.exec({ command: ["sh", "-c", script] }))
    if (event.type === "output" && event.stream === "stdout") said.push(event.data);
  return Buffer.concat(said).toString().trim();
}
const has = (session: SessionHandle, title: string) => async () =>
  (await inGuest(session, `xdotool search --name '${title}'`)) !== "";
const text = (session: SessionHandle) => () => inGuest(session, "xclip -selection clipboard -o");
/** Copied in the VM, by a program that goes on offering it. */
const copy = (session: SessionHandle, what: string) =>
  inGuest(session, `printf ${what} | xclip -selection clipboard -i >/dev/null 2>&1`);

/** An image of random points, which cannot be made smaller. */
function image(width: number, height: number): Uint8Array<ArrayBuffer> {
  const png = new PNG({ width, height });
  png.data = randomBytes(width * height * 4);
  return new Uint8Array(PNG.sync.write(png));
}
const sumOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const sumInGuest = (session: SessionHandle) =>
  inGuest(session, "xclip -selection clipboard -t image/png -o | sha256sum | cut -d' ' -f1");

describe("a clipboard that gives nothing", () => {
  let open: Awaited<ReturnType<typeof sit>>;
  beforeAll(async () => {
    open = await sit({ fromGuest: false });
  });

  test("takes an image, byte for byte, in the place of an older one, and the browser pastes it", async () => {
    const { session, put, typist } = open;
    const older = Buffer.from(image(30, 20)).toString("base64");
    const offer = "xclip -selection clipboard -t image/png -i /tmp/older.png >/dev/null 2>&1";
    await inGuest(session, `echo ${older} | base64 -d > /tmp/older.png; ${offer}`);
    const newer = image(40, 30);
    expect(await put(newer)).toBe("done");
    expect((await inGuest(session, "xclip -selection clipboard -t TARGETS -o")).split("\n")).toEqual([
      "TARGETS",
      "image/png",
    ]);
    expect(await sumInGuest(session)).toBe(sumOf(newer));
    await expect.poll(has(session, "said:"), SOON).toBe(true);
    typist.click(SHOWN.x, SHOWN.y);
    await typist.paste();
    await expect.poll(has(session, "said:image/png40x30"), SOON).toBe(true);
  });

  test("takes one that is large, and again another", async () => {
    const { session, put } = open;
    for (const one of [image(1000, 1000), image(1300, 1400), image(5, 5)]) {
      expect(await put(one), `${one.length / MIB} MiB`).toBe("done");
      expect(await sumInGuest(session)).toBe(sumOf(one));
    }
    expect(await inGuest(session, "pgrep -c xclip")).toBe("1");
  });

  test("takes texts, and tells none that is copied in the VM", async () => {
    const { session, typist } = open;
    typist.give("to the guest");
    await expect.poll(text(session), SOON).toBe("to the guest");
    await copy(session, "stays-there");
    await expect.poll(text(session), SOON).toBe("stays-there");
    await untilSeen(typist);
    expect(typist.heard.includes("stays-there")).toBe(false);
  });
});

describe("a clipboard that takes nothing", () => {
  test("tells what is copied in the VM, and takes no text and no image; keys go on", async () => {
    const { session, typist, put } = await sit({ toGuest: false });
    await copy(session, "comes-out");
    await expect.poll(() => typist.heard.includes("comes-out"), SOON).toBe(true);
    typist.give("from outside");
    expect(await put(image(4, 3))).toBe("CLIPBOARD_CLOSED");
    await expect.poll(has(session, "said:"), SOON).toBe(true);
    typist.click(SHOWN.x, SHOWN.y);
    await typist.type("k");
    await expect.poll(has(session, "said:k"), SOON).toBe(true);
    expect(await text(session)()).toBe("comes-out");
    expect(await inGuest(session, "xclip -selection clipboard -t TARGETS -o")).not.toContain("image/png");
  });
});

/** The display goes on: all that it said before has come. */
async function untilSeen(typist: Typist): Promise<void> {
  const [width, height] = [640, 480];
  const before = typist.heard.length;
  typist.look(width, height);
  await expect.poll(() => typist.heard.length - before, SOON).toBeGreaterThan(width * height * 4);
}
