import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { type CdpEvent, CdpPipe, type CdpPipeOptions } from "./cdp-pipe.ts";

function joined(options: CdpPipeOptions = {}) {
  const toBrowser = new PassThrough();
  const fromBrowser = new PassThrough();
  const events: CdpEvent[] = [];
  const cdp = new CdpPipe({ toBrowser, fromBrowser }, (event) => events.push(event), options);
  const asked = () => (toBrowser.read() as Buffer | null)?.toString() ?? "";
  return { cdp, events, asked, fromBrowser, toBrowser };
}
const call = { method: "Browser.getVersion", timeoutMs: 1000 };

test("asks with a NUL at the end, and takes the answer in whatever pieces it comes", async () => {
  const { cdp, asked, fromBrowser } = joined();
  const answer = cdp.call({ ...call, sessionId: "S", params: { a: 1 } });
  expect(asked()).toBe('{"id":1,"method":"Browser.getVersion","params":{"a":1},"sessionId":"S"}\0');
  for (const byte of Buffer.from('{"id":1,"result":{"product":"Chrome/ü"}}\0'))
    fromBrowser.write(Buffer.of(byte));
  expect(await answer).toEqual({ product: "Chrome/ü" });
});

test("several messages in one piece are several", async () => {
  const { cdp, events, fromBrowser } = joined();
  const answer = cdp.call(call);
  fromBrowser.write(
    '{"method":"A","params":{"x":1}}\0{"method":"B","sessionId":"S"}\0{"id":1,"result":{}}\0{"method":',
  );
  await answer;
  expect(events).toEqual([
    { method: "A", params: { x: 1 }, sessionId: undefined },
    { method: "B", params: undefined, sessionId: "S" },
  ]);
});

test("the browser's refusal, a deadline, and an answer that nobody awaits", async () => {
  const { cdp, fromBrowser } = joined();
  const refused = cdp.call(call);
  fromBrowser.write('{"id":1,"error":{"code":-1,"message":"Not allowed"}}\0{"id":99,"result":{}}\0');
  await expect(refused).rejects.toThrow("Not allowed");
  await expect(cdp.call({ ...call, timeoutMs: 10 })).rejects.toThrow("no answer in time");
});

test.each([
  ["ends", (pipe: PassThrough) => pipe.destroy()],
  ["says what is not CDP", (pipe: PassThrough) => pipe.write("not json\0")],
  ["never ends a message", (pipe: PassThrough) => pipe.write(Buffer.alloc(9 * 1_048_576, "x"))],
])("a browser that %s fails all calls, now and later", async (_what, misbehave) => {
  const { cdp, fromBrowser } = joined();
  const waiting = cdp.call(call);
  misbehave(fromBrowser);
  await expect(waiting).rejects.toThrow("the browser");
  await expect(cdp.call(call)).rejects.toThrow("the browser");
});

test("who leaves has sent its last words whole, reads nothing more, and those who wait are told", async () => {
  const { cdp, asked, fromBrowser, toBrowser } = joined();
  const waiting = cdp.call(call);
  asked();
  const id = await cdp.askAndLeave({ method: "Page.navigate", params: { url: "file:///x" }, sessionId: "S" });
  expect(asked()).toBe(
    `{"id":${id},"method":"Page.navigate","params":{"url":"file:///x"},"sessionId":"S"}\0`,
  );
  await expect(waiting).rejects.toThrow("another agent");
  await expect(cdp.call(call)).rejects.toThrow("another agent");
  expect(fromBrowser.destroyed).toBe(true);
  expect(toBrowser.destroyed).toBe(false);
});

test("who comes after drops the torn message that begins its reading, and takes the answer to an earlier call", async () => {
  const { cdp, events, fromBrowser } = joined({ isInherited: true });
  const answer = cdp.answerTo(7, { method: "Page.navigate", timeoutMs: 1000 });
  fromBrowser.write('etCreated","params":{}}\0{"method":"A"}\0{"id":7,"result":{"frameId":"F"}}\0');
  expect(await answer).toEqual({ frameId: "F" });
  expect(events).toEqual([{ method: "A", params: undefined, sessionId: undefined }]);
  fromBrowser.write("torn again\0");
  await expect(cdp.call(call)).rejects.toThrow("not a CDP message");
});

test("who comes after loses nothing when its reading begins with a whole message", async () => {
  const { events, fromBrowser } = joined({ isInherited: true });
  fromBrowser.write('{"method":"A"}\0');
  await expect.poll(() => events).toHaveLength(1);
});

test("two agents ask under different numbers", () => {
  const numberOf = (words: string) => Number(/"id":(\d+)/.exec(words)?.[1]);
  const [first, second] = [joined(), joined({ isInherited: true })];
  for (const { cdp } of [first, second]) void cdp.call(call).catch(() => {});
  expect(numberOf(first.asked())).not.toBe(numberOf(second.asked()));
  for (const { cdp } of [first, second]) cdp.close("done");
});
