import { BrowserVmError } from "@browservm/contract";
import { expect, test, vi } from "vitest";
import type { Sending } from "./send-file.ts";
import { UploadQueue } from "./upload-queue.ts";

const file = (name: string) => new File(["hello"], name);

function queue() {
  const begun: {
    name: string;
    sending: Sending;
    end: PromiseWithResolvers<{ path: string; size: number }>;
  }[] = [];
  const onArrived = vi.fn();
  const made = new UploadQueue({
    onArrived,
    send: ({ name }, sending) => {
      const end = Promise.withResolvers<{ path: string; size: number }>();
      sending.signal.addEventListener("abort", () => end.reject(new BrowserVmError("CANCELLED", "x")));
      begun.push({ name, sending, end });
      return end.promise;
    },
  });
  const states = () => made.uploads.map(({ name, is, sent }) => `${name} ${is} ${sent}`);
  return { made, begun, onArrived, states };
}

test("files go one after the other, and tell how far they are and under which name they arrived", async () => {
  const { made, begun, onArrived, states } = queue();
  made.add([file("a"), file("b")]);
  begun[0]?.sending.onSent(3);
  expect(states()).toEqual(["a sending 3", "b waiting 0"]);
  begun[0]?.end.resolve({ path: "Downloads/a (1)", size: 5 });
  await vi.waitFor(() => expect(states()).toEqual(["a (1) done 5", "b sending 0"]));
  expect(onArrived).toHaveBeenCalledTimes(1);
});

test("one that is cancelled is gone, whether it was on its way or waited; the next one goes", async () => {
  const { made, begun, states, onArrived } = queue();
  made.add([file("a"), file("b"), file("c")]);
  const [a, b] = made.uploads;
  made.remove(b?.key ?? 0);
  made.remove(a?.key ?? 0);
  await vi.waitFor(() => expect(states()).toEqual(["c sending 0"]));
  expect(begun.map(({ name }) => name)).toEqual(["a", "c"]);
  expect(onArrived).not.toHaveBeenCalled();
});

test("one that fails says why until it is put away, and holds up no other", async () => {
  const { made, begun, states } = queue();
  made.add([file("a"), file("b")]);
  begun[0]?.end.reject(new BrowserVmError("GUEST_DISK_FULL", "no space"));
  await vi.waitFor(() => expect(states()).toEqual(["a failed 0", "b sending 0"]));
  expect(made.uploads[0]?.error?.code).toBe("GUEST_DISK_FULL");
  made.remove(made.uploads[0]?.key ?? 0);
  expect(states()).toEqual(["b sending 0"]);
});

test("all end with the page that shows them", () => {
  const { made, begun } = queue();
  made.add([file("a")]);
  made[Symbol.dispose]();
  expect(begun[0]?.sending.signal.aborted).toBe(true);
});
