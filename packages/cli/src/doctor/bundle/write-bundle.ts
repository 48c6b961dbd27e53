import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { toBrowserVmError } from "@browservm/contract";
import { packTar } from "modern-tar";
import type { CliContext } from "../../context.ts";
import { writeWhole } from "../../write-file.ts";
import { type BundleFile, type BundleRequest, type Part, partsOf } from "./collect.ts";
import { knownSecrets, Redactor } from "./redactor.ts";

export interface WrittenBundle {
  readonly path: string;
  readonly bytes: number;
  /** What could not be had, and why. */
  readonly leftOut: readonly string[];
}

const ROOT = "browservm-doctor";

/** A tar for somebody who was not there: everything goes through the redactor. Mode 0600; whole or not at all. */
export async function writeBundle(
  context: CliContext,
  { file, ...request }: BundleRequest & { readonly file: string },
): Promise<WrittenBundle> {
  const redactor = new Redactor(knownSecrets(context.env, context.config));
  const collected = await Promise.all(partsOf(context, request).map((part) => collect(part)));
  const files = collected.flatMap((one) => one.files);
  const leftOut = collected.flatMap((one) => one.leftOut).map((line) => redactor.text(line));
  const all = [
    ...files,
    { name: "left-out.txt", content: { text: leftOut.map((line) => `${line}\n`).join("") } },
  ];
  const tar = await packTar(all.map((one) => toEntry(one, redactor)));
  const data = /\.(t?gz)$/.test(file) ? await promisify(gzip)(tar) : tar;
  return { path: await writeWhole(file, data), bytes: data.length, leftOut };
}

async function collect(part: Part): Promise<{ files: readonly BundleFile[]; leftOut: string[] }> {
  try {
    return { files: await part.collect(), leftOut: [] };
  } catch (error) {
    return { files: [], leftOut: [`${part.name}: ${toBrowserVmError(error).message}`] };
  }
}

function toEntry({ name, content }: BundleFile, redactor: Redactor) {
  const body =
    "json" in content
      ? `${JSON.stringify(redactor.json(content.json), null, 2)}\n`
      : redactor.text(content.text);
  const header = { name: `${ROOT}/${name}`, size: Buffer.byteLength(body), mode: 0o600 };
  return { header, body };
}
