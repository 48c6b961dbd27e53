import { type BrowserVmError, toBrowserVmError } from "@browservm/contract";

export interface OutputOptions {
  /** `--json` was given. */
  readonly json: boolean;
}

/** Where a command writes: results to stdout, everything else to stderr. The only user of both. */
export class Output {
  /** Results are JSON: because it was asked for, or because nobody reads stdout with their eyes. */
  readonly json: boolean;
  /** `--json` was given; streams (exec, logs) turn into NDJSON only then. */
  readonly jsonAsked: boolean;
  /** Somebody sits at stderr, so that progress may move. */
  readonly isTerminal = process.stderr.isTTY === true;

  constructor({ json }: OutputOptions) {
    this.jsonAsked = json;
    this.json = json || process.stdout.isTTY !== true;
  }

  /** The result of a command: `value` as one line of JSON, or the words for people. */
  print(value: unknown, words: string): void {
    process.stdout.write(`${this.json ? JSON.stringify(value) : words}\n`);
  }

  /** Bytes of a stream, as they are. Resolves when more may be written. */
  write(data: Uint8Array | string, to: "stdout" | "stderr" = "stdout"): Promise<void> {
    return new Promise((resolve, reject) => {
      process[to].write(data, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** One line for people, e.g. progress; never a result. */
  note(line: string): void {
    this.transient("");
    process.stderr.write(`${line}\n`);
  }

  /** Replaces the last line of a terminal; nothing when nobody looks. */
  transient(line: string): void {
    if (!this.isTerminal) return;
    const width = (process.stderr.columns || 80) - 1;
    process.stderr.write(`\r\x1b[K${line.slice(0, width)}`);
  }

  /** Title, what happened, and a way out; the problem document with `--json`. */
  error(error: unknown): void {
    const ours = toBrowserVmError(error);
    if (this.jsonAsked) {
      process.stderr.write(`${JSON.stringify(ours.toProblem())}\n`);
      return;
    }
    process.stderr.write(`${describeError(ours)}\n`);
    if (ours.code === "INTERNAL" && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
  }
}

/** An error in the words for people. */
export function describeError(error: BrowserVmError): string {
  const { title, detail, fix, details } = error.toProblem();
  const lines = [`✗ ${title} (${error.code})`, ...(detail === title ? [] : [`  ${detail}`])];
  for (const [name, value] of Object.entries(details)) {
    const text = detailText(value);
    if (text) lines.push(...block(name, text));
  }
  return [...lines, `  → ${fix}`].join("\n");
}

const TAIL_LINES = 12;

function detailText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const isLines = Array.isArray(value) && value.every((item) => typeof item === "string");
  return isLines ? value.join("\n") : JSON.stringify(value);
}

function block(name: string, text: string): string[] {
  const rows = printable(text).trimEnd().split("\n");
  if (rows.length === 1) return [`  ${name}: ${rows[0]}`];
  return [`  ${name}:`, ...rows.slice(-TAIL_LINES).map((row) => `    ${row}`)];
}

/** Words from programs and guests, without what could steer a terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}
