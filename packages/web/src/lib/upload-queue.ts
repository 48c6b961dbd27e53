import {
  type BrowserVmError,
  isBrowserVmError,
  toBrowserVmError,
  type WrittenFile,
} from "@browservm/contract";
import type { Sending } from "./send-file.ts";

export interface Upload {
  readonly key: number;
  readonly name: string;
  readonly size: number;
  readonly sent: number;
  readonly is: "waiting" | "sending" | "done" | "failed";
  readonly error: BrowserVmError | null;
}

export interface UploadQueueSpec {
  readonly send: (file: File, sending: Sending) => Promise<WrittenFile>;
  /** A file has arrived. */
  readonly onArrived: () => void;
}

interface Job {
  upload: Upload;
  readonly file: File;
  readonly cancel: AbortController;
}

/** How long a file that arrived is still told of, in milliseconds. */
const SHOWN_MS = 4000;

/** Files on their way into a session, one after the other. */
export class UploadQueue implements Disposable {
  readonly #spec: UploadQueueSpec;
  readonly #listeners = new Set<() => void>();
  #jobs: readonly Job[] = [];
  #shown: readonly Upload[] = [];
  #lastKey = 0;
  #isSending = false;

  constructor(spec: UploadQueueSpec) {
    this.#spec = spec;
  }

  /** The same array until something changes. */
  get uploads(): readonly Upload[] {
    return this.#shown;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(files: Iterable<File>): void {
    const added = Array.from(files, (file): Job => {
      this.#lastKey += 1;
      const upload = { key: this.#lastKey, name: file.name, size: file.size, sent: 0, error: null };
      return { upload: { ...upload, is: "waiting" }, file, cancel: new AbortController() };
    });
    this.#show([...this.#jobs, ...added]);
    void this.#work();
  }

  /** Ends one that is on its way, and tells no more of one that is over. */
  remove(key: number): void {
    for (const { upload, cancel } of this.#jobs) if (upload.key === key) cancel.abort();
    this.#show(this.#jobs.filter(({ upload }) => upload.key !== key));
  }

  [Symbol.dispose](): void {
    for (const { cancel } of this.#jobs) cancel.abort();
    this.#jobs = [];
    this.#listeners.clear();
  }

  async #work(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    for (let job = this.#next(); job; job = this.#next()) await this.#send(job);
    this.#isSending = false;
  }

  #next(): Job | undefined {
    return this.#jobs.find(({ upload }) => upload.is === "waiting");
  }

  async #send(job: Job): Promise<void> {
    const { file, cancel } = job;
    this.#change(job, { is: "sending" });
    try {
      const onSent = (sent: number) => this.#change(job, { sent });
      const { path, size } = await this.#spec.send(file, { signal: cancel.signal, onSent });
      this.#change(job, { is: "done", sent: size, name: path.slice(path.lastIndexOf("/") + 1) });
      this.#spec.onArrived();
      setTimeout(() => this.remove(job.upload.key), SHOWN_MS);
    } catch (error) {
      if (isBrowserVmError(error, "CANCELLED")) this.remove(job.upload.key);
      else this.#change(job, { is: "failed", error: toBrowserVmError(error) });
    }
  }

  #change(job: Job, part: Partial<Upload>): void {
    job.upload = { ...job.upload, ...part };
    this.#show(this.#jobs);
  }

  #show(jobs: readonly Job[]): void {
    this.#jobs = jobs;
    this.#shown = jobs.map(({ upload }) => upload);
    for (const listener of this.#listeners) listener();
  }
}
