import { open, readFile } from "node:fs/promises";
import { arch, release } from "node:os";
import { basename } from "node:path";
import { type DoctorReport, type Event, paths } from "@browservm/contract";
import type { DoctorTarget } from "@browservm/sdk";
import { unpackTar } from "modern-tar";
import manifest from "../../../package.json" with { type: "json" };
import type { CliContext } from "../../context.ts";
import { runQuietly } from "../../process.ts";
import { describeReport } from "../describe-report.ts";

/** One file of the bundle: JSON, or text as it is. */
export interface BundleFile {
  readonly name: string;
  readonly content: { readonly json: unknown } | { readonly text: string };
}

export interface BundleRequest {
  readonly target: DoctorTarget;
  /** Without one, it could not be looked at. */
  readonly report: DoctorReport | undefined;
}

/** A part of the bundle; what cannot be had fails alone. */
export interface Part {
  readonly name: string;
  collect(): Promise<readonly BundleFile[]>;
}

const LOG_TAIL_BYTES = 256 * 1024;
const MOST_EVENTS = 2000;
/** Stored events come at once; the stream itself has no end. In milliseconds. */
const EVENTS_MS = 1500;

/** Everything that helps somebody who was not there, as far as it can be had. */
export function partsOf(context: CliContext, { target, report }: BundleRequest): readonly Part[] {
  const { config, sources } = context.resolved;
  const { sessionId } = target;
  const { logs } = paths(config);
  return [
    ...(report
      ? [json("report.json", async () => report), text("report.txt", async () => describeReport(report))]
      : []),
    json("versions.json", versions),
    json("config.json", async () => ({ config, sources })),
    json("host.json", () => context.client().host()),
    json("network.json", () => context.client().hostNetwork()),
    json("events.json", () => eventsOf(context, sessionId)),
    ...(sessionId ? [json("session.json", () => context.client().sessions.get(sessionId))] : []),
    ...(sessionId ? [evidence(context, sessionId)] : []),
    ...["hostd", "controller", "gateway", "web"].map((name) =>
      text(`logs/${name}.log`, () => tail(`${logs}/${name}.log`, LOG_TAIL_BYTES)),
    ),
  ];
}

const json = (name: string, read: () => Promise<unknown>): Part => ({
  name,
  collect: async () => [{ name, content: { json: await read() } }],
});

const text = (name: string, read: () => Promise<string>): Part => ({
  name,
  collect: async () => [{ name, content: { text: await read() } }],
});

/** What hostd kept of a failed VM, file by file; what is no text cannot be searched for secrets and stays out. */
const evidence = (context: CliContext, id: string): Part => ({
  name: "evidence",
  async collect() {
    const entries = await unpackTar(await context.client().sessions.evidence(id));
    return entries.flatMap(({ header, data }): BundleFile[] => {
      if (!data) return [];
      const name = `evidence/${header.name.replace(/^[./]+/, "").replaceAll("..", "_")}`;
      const words = utf8(data);
      return words === undefined
        ? [{ name: `${name}.left-out`, content: { text: `${data.length} bytes that are no text\n` } }]
        : [{ name, content: asJson(name, words) }];
    });
  },
});

function asJson(name: string, words: string): BundleFile["content"] {
  if (!name.endsWith(".json")) return { text: words };
  try {
    return { json: JSON.parse(words) };
  } catch {
    return { text: words }; // cut off, or not JSON in spite of its name
  }
}

function utf8(data: Uint8Array): string | undefined {
  try {
    const words = new TextDecoder("utf-8", { fatal: true }).decode(data);
    return words.includes("\0") ? undefined : words;
  } catch {
    return undefined; // not UTF-8
  }
}

async function eventsOf(context: CliContext, sessionId: string | undefined): Promise<Event[]> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(EVENTS_MS)]);
  const client = context.client();
  const options = { after: 0, signal };
  const events: Event[] = [];
  for await (const event of sessionId ? client.sessions.events(sessionId, options) : client.events(options))
    events.push(event);
  return events.slice(-MOST_EVENTS);
}

async function versions(): Promise<Record<string, string>> {
  const firstLine = (file: string, ...args: string[]) =>
    runQuietly(file, args).then(
      (words) => words.split("\n")[0] ?? "",
      () => "not installed, or it does not tell",
    );
  const qemu = `qemu-system-${process.arch === "arm64" ? "aarch64" : "x86_64"}`;
  const [vmm, nft, ip, osRelease] = await Promise.all([
    firstLine(qemu, "--version"),
    firstLine("nft", "--version"),
    firstLine("ip", "-V"),
    readFile("/etc/os-release", "utf8").catch(() => ""),
  ]);
  const distribution = /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? "unknown";
  const system = { kernel: release(), processor: arch(), distribution };
  return { browservm: manifest.version, node: process.version, ...system, qemu: vmm, nft, iproute2: ip };
}

/** The end of a file, from the first whole line on. */
async function tail(path: string, bytes: number): Promise<string> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  const start = Math.max(0, size - bytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  const words = buffer.subarray(0, bytesRead).toString("utf8");
  return start === 0 ? words : `(the end of ${basename(path)})\n${words.slice(words.indexOf("\n") + 1)}`;
}
