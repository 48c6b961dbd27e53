import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { apiRoutes, BrowserVmError, type FileEntry } from "@browservm/contract";
import { send } from "./contract-http.ts";

interface FileAsked {
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const NAMES: ReadonlySet<string> = new Set(["listFiles", "readFile", "writeFile", "removeFile"]);

/** The downloads of every session, in memory, as the controller serves them. */
export class MockFiles {
  readonly files = new Map<string, { bytes: Buffer; modifiedAt: string }>();
  /** The next calls fail with it. */
  refuse: BrowserVmError | null = null;
  /** While set, bodies are not read. */
  isStalled = false;
  /** Bodies that broke off. */
  broken = 0;
  #resume = Promise.withResolvers<void>();

  put(name: string, content: string, ageSeconds = 0): void {
    const modifiedAt = new Date(Date.now() - ageSeconds * 1000).toISOString();
    this.files.set(`Downloads/${name}`, { bytes: Buffer.from(content), modifiedAt });
  }

  /** Bodies are read again. */
  goOn(): void {
    this.isStalled = false;
    this.#resume.resolve();
    this.#resume = Promise.withResolvers();
  }

  /** Whether the row is one of ours; then it is answered. */
  async answer(name: string, asked: FileAsked): Promise<boolean> {
    if (!NAMES.has(name)) return false;
    const { response, params } = asked;
    const path = decodeURIComponent(params.rest ?? "");
    if (this.refuse) {
      asked.request.resume();
      throw this.refuse;
    }
    if (name === "listFiles")
      send(response, apiRoutes.listFiles, { entries: this.#list(), truncated: false }, {});
    if (name === "readFile") this.#read(path, response);
    if (name === "writeFile") await this.#write(path, asked);
    if (name === "removeFile") {
      if (!this.files.delete(path)) throw new BrowserVmError("FILE_NOT_FOUND", `there is no ${path}`);
      send(response, apiRoutes.removeFile, {}, {});
    }
    return true;
  }

  #list(): FileEntry[] {
    return [...this.files]
      .map(([path, { bytes, modifiedAt }]) => ({
        name: path.replace("Downloads/", ""),
        kind: "file" as const,
        size: bytes.length,
        modifiedAt,
      }))
      .sort((a, b) => b.modifiedAt.localeCompare(a.modifiedAt));
  }

  #read(path: string, response: ServerResponse): void {
    const file = this.files.get(path);
    if (!file) throw new BrowserVmError("FILE_NOT_FOUND", `there is no ${path}`);
    const name = encodeURIComponent(path.replace("Downloads/", ""));
    response.writeHead(200, {
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename*=UTF-8''${name}`,
    });
    response.end(file.bytes);
  }

  async #write(path: string, { query, request, response }: FileAsked): Promise<void> {
    if (this.isStalled) await Promise.race([this.#resume.promise, once(request, "close")]);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      this.broken += 1;
      return;
    }
    const bytes = Buffer.concat(chunks);
    const isTaken = this.files.has(path) && query.ifExists === "rename";
    const place = isTaken ? path.replace(/(\.[^.]*)?$/, " (1)$1") : path;
    this.files.set(place, { bytes, modifiedAt: new Date().toISOString() });
    send(response, apiRoutes.writeFile, { path: place, size: bytes.length }, {});
  }
}
