import {
  apiRoutes,
  BrowserVmError,
  type FileListing,
  type IfExists,
  type WrittenFile,
} from "@browservm/contract";
import { requestUrl } from "./transport/request-url.ts";
import type { BytesInput, CallOptions, RouteClient } from "./transport/route-client.ts";

export interface WriteOptions extends CallOptions {
  /** What happens where a file of that name is: `replace` it (unless told), `rename` the new one, or `refuse`. */
  readonly ifExists?: IfExists;
  /** Of a stream, where it is known: too little or too much of it then fails, and space is asked for before. */
  readonly size?: number;
}

/** A file as it comes. */
export interface FileDownload {
  readonly size: number;
  /** Fails when the file ends before its size. */
  readonly body: ReadableStream<Uint8Array>;
}

/** Files of one session, below the home of its browser's user; paths are relative, e.g. `Downloads/report.pdf`. */
export class SessionFiles {
  readonly #client: RouteClient;
  readonly #id: string;

  constructor(client: RouteClient, id: string) {
    this.#client = client;
    this.#id = id;
  }

  /** What is in a directory, the newest first; `Downloads` unless told, and the home for an empty path. */
  list(path?: string, options?: CallOptions): Promise<FileListing> {
    const query = path === undefined ? {} : { path };
    return this.#client.call(apiRoutes.listFiles, { params: { id: this.#id }, query }, options);
  }

  /** FILE_NOT_FOUND, FILE_REFUSED, FILE_TOO_LARGE. Ending the signal, or cancelling the body, hangs up. */
  async read(path: string, options?: CallOptions): Promise<FileDownload> {
    const { headers, body } = await this.#client.stream(apiRoutes.readFile, this.#named(path), options);
    const size = Number(headers.get("content-length") ?? Number.NaN);
    if (body === null || !Number.isSafeInteger(size))
      throw new BrowserVmError("PROTOCOL_ERROR", "the file came without its size");
    return { size, body };
  }

  /** The whole of a file that is known to be small. */
  bytes(path: string, options?: CallOptions): Promise<Uint8Array> {
    return this.#client.bytes(apiRoutes.readFile, this.#named(path), options);
  }

  /** Writes a file; it appears whole or not at all. FILE_EXISTS, FILE_TOO_LARGE, GUEST_DISK_FULL. */
  async write(path: string, bytes: BytesInput, options: WriteOptions = {}): Promise<WrittenFile> {
    const { ifExists, size, headers, ...call } = options;
    const length = size === undefined ? {} : { "content-length": String(size) };
    const reply = await this.#client.stream(
      apiRoutes.writeFile,
      { ...this.#named(path), query: { ifExists }, bytes },
      { ...call, headers: { ...length, ...headers } },
    );
    return apiRoutes.writeFile.reply.parse(await reply.json());
  }

  /** Removes a file or an empty directory. FILE_NOT_FOUND, FILE_REFUSED. */
  async remove(path: string, options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.removeFile, this.#named(path), options);
  }

  /** Path of a file under the API, e.g. for a link that downloads it. */
  pathOf(path: string, query: { readonly ifExists?: IfExists } = {}): string {
    return requestUrl(apiRoutes.readFile, this.#named(path).params, query);
  }

  #named(path: string) {
    return { params: { id: this.#id, "*": path } };
  }
}
