import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Clipboard } from "./clipboard.ts";

/** Bytes of an image's beginning, and then some. */
const png = (length: number, fill: number) => {
  const bytes = Buffer.alloc(length, fill);
  Buffer.from("89504e470d0a1a0a0000000d49484452", "hex").copy(bytes);
  return bytes;
};
const exists = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

let directory = "";
let made: ChildProcess[];
let isReady: boolean;
/** What the display's clipboard has all the same, for so many looks; by itself, what somebody offers. */
let older: { image: Buffer; looks: number };
/** What an offering process does after it has read. */
let then: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "clipboard-"));
  made = [];
  isReady = true;
  older = { image: Buffer.alloc(0), looks: 0 };
  then = "exec sleep 60";
});
afterEach(async () => {
  for (const child of made) child.kill("SIGKILL");
  await rm(directory, { recursive: true });
});

const file = (at: number) => join(directory, String(at));
const tool = {
  offer: () => {
    const script = `cat > ${file(made.length)}.part; mv ${file(made.length)}.part ${file(made.length)}; ${then}`;
    const child = spawn("sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    made.push(child);
    return child;
  },
  has: async (kind: string, content: Uint8Array) => {
    expect(kind).toBe("image/png");
    older.looks -= 1;
    const there = older.looks >= 0 ? older.image : await readFile(file(made.length - 1)).catch(() => null);
    return there?.equals(content) === true;
  },
};
const clipboard = (heir?: { pid: number; startTicks: number }) =>
  new Clipboard({ isReady: () => isReady, tool, heir, setMs: 300 });

async function put(on: Clipboard, image: Buffer, step = 10): Promise<void> {
  for (let offset = 0; offset < image.length; offset += step) {
    const data = image.subarray(offset, offset + step).toString("base64");
    await on.put({ offset, size: image.length, data });
  }
}

test("an image in pieces is whole on the clipboard when the last one is answered", async () => {
  const on = clipboard();
  await put(on, png(95, 7));
  expect(await readFile(file(0))).toEqual(png(95, 7));
  expect(on.heir?.pid).toBe(made[0]?.pid);
});

test("an older image on the clipboard is not taken for the new one", async () => {
  older = { image: png(40, 9), looks: 3 };
  await put(clipboard(), png(40, 1));
  expect(older.looks).toBeLessThan(0);
  older = { image: png(40, 9), looks: Number.POSITIVE_INFINITY };
  await expect(put(clipboard(), png(40, 1))).rejects.toThrow("did not take the image in time");
});

test("another image comes in the place of the first, whose process is ended; there are never two", async () => {
  const on = clipboard();
  await put(on, png(40, 1));
  await Promise.all([put(on, png(40, 2), 40), put(on, png(40, 3), 40)]);
  expect(made.map(({ pid = 0 }) => exists(pid))).toEqual([false, false, true]);
  expect(await readFile(file(2))).toEqual(png(40, 3));
});

test("who ends because something else was copied is forgotten", async () => {
  const on = clipboard();
  await put(on, png(40, 1));
  made[0]?.kill("SIGKILL");
  await expect.poll(() => on.heir).toBeUndefined();
});

test("an agent after the first one ends what that left", async () => {
  const first = clipboard();
  await put(first, png(40, 1));
  await put(clipboard(first.heir), png(40, 2));
  expect(made.map(({ pid = 0 }) => exists(pid))).toEqual([false, true]);
});

test.each([
  ["a piece that is not the next one", 20, 40, png(20, 1)],
  ["more than was announced", 0, 10, png(20, 1)],
  ["an empty piece", 0, 10, Buffer.alloc(0)],
  ["what is no PNG image", 0, 20, Buffer.alloc(20, 1)],
])("%s is refused", async (_, offset, size, bytes) => {
  await expect(clipboard().put({ offset, size, data: bytes.toString("base64") })).rejects.toThrow();
  expect(made).toEqual([]);
});

test("without a display there is no clipboard", async () => {
  isReady = false;
  await expect(put(clipboard(), png(40, 1))).rejects.toThrow("the display is not up");
});

test("a process that ends at once, and a display that never has the image, are failures that leave nothing", async () => {
  const on = clipboard();
  then = "exit 3";
  older.looks = Number.POSITIVE_INFINITY;
  await expect(put(on, png(40, 1))).rejects.toThrow("ended at once: 3");
  then = "exec sleep 60";
  await expect(put(on, png(40, 1))).rejects.toThrow("did not take the image in time");
  expect(made.map(({ pid = 0 }) => exists(pid))).toEqual([false, false]);
  expect(on.heir).toBeUndefined();
});
