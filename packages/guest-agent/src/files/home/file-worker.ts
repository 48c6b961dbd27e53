import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { readProfile } from "../profile/read-profile.ts";
import { writeProfile } from "../profile/write-profile.ts";
import { asFileFault } from "./file-fault.ts";
import { type FileAnswer, type FileOrders, WHOLE, WHOLE_FD } from "./file-orders.ts";
import { listDirectory } from "./list-directory.ts";
import { openForReading } from "./read-file.ts";
import { removeFile } from "./remove-file.ts";
import { writeFile } from "./write-file.ts";

// The program that touches people's files: one process for one request, started by the agent as the browser's user, so
// that the kernel itself refuses what that user may not.
// An agent whose client hung up reads no more; there is nobody to tell.
process.stdout.on("error", () => {});
const orders = JSON.parse(process.argv[2] ?? "") as FileOrders;
let hasAnswered = false;
try {
  await obey(orders);
} catch (error) {
  process.exitCode = 1;
  const { code, message } = asFileFault(error);
  // In the middle of a file there is no place for words: it ends too early.
  if (!hasAnswered) await say({ ok: false, code, error: message.slice(0, 300) });
}
// Its agent may hold our input open.
process.stdin.destroy();

async function obey({ act, home, path, ...rest }: FileOrders): Promise<void> {
  if (act === "read") return sendFile(home, path);
  if (act === "list") return sendJson(await listDirectory(home, path));
  if (act === "remove") return sendJson(await removeFile(home, path).then(() => ({})));
  const names = path.split("/");
  if (act === "read-profile") return sendProfile(home, names);
  const isWhole = async () => (await text(createReadStream("", { fd: WHOLE_FD }))) === WHOLE;
  if (act === "write-profile")
    return sendJson(await writeProfile({ home, names, body: process.stdin, isWhole }));
  return sendJson(await writeFile({ home, path, ...rest, body: process.stdin, isWhole }));
}

async function sendFile(home: string, path: string): Promise<void> {
  const { file, size } = await openForReading(home, path);
  await say({ ok: true, size });
  if (size === 0) return file.close();
  // Not one byte more: it may grow meanwhile.
  await pipeline(file.createReadStream({ end: size - 1, highWaterMark: 262_144 }), process.stdout, {
    end: false,
  });
}

async function sendProfile(home: string, names: readonly string[]): Promise<void> {
  const { size, bytes } = await readProfile(home, names);
  await say({ ok: true, size });
  await pipeline(Readable.from(bytes), process.stdout, { end: false });
}

async function sendJson(value: object): Promise<void> {
  const body = JSON.stringify(value);
  await say({ ok: true, size: Buffer.byteLength(body) });
  await write(body);
}

function say(answer: FileAnswer): Promise<void> {
  hasAnswered = true;
  return write(`${JSON.stringify(answer)}\n`);
}

/** To one that does not listen it is as good as said. */
function write(words: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(words, () => resolve());
  });
}
