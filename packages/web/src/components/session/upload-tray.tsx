"use client";
import { CircleAlert, CircleCheck, Upload as UploadIcon, X } from "lucide-react";
import { formatBytes } from "../../lib/file-view.ts";
import type { Upload } from "../../lib/upload-queue.ts";
import { IconButton } from "../button.tsx";
import css from "./upload-tray.module.css";
import type { Files } from "./use-files.ts";

/** What is on its way into the session, and what just arrived or failed. Nothing is there most of the time. */
export function UploadTray({ files: { uploads, remove } }: { files: Files }) {
  return (
    <section className={css.tray} aria-label="Uploads" data-empty={uploads.length === 0}>
      <p className="visually-hidden" role="status">
        {uploads.map(wordsOf).join(". ")}
      </p>
      <ul>
        {uploads.map((upload) => (
          <UploadItem key={upload.key} upload={upload} onRemove={() => remove(upload.key)} />
        ))}
      </ul>
    </section>
  );
}

/** Said aloud: not each step, for that would never end. */
function wordsOf({ name, is, error }: Upload): string {
  if (is === "failed") return `${name} was not uploaded: ${error?.message}`;
  return is === "done" ? `${name} is in the VM’s Downloads` : `Uploading ${name}`;
}

function UploadItem({ upload, onRemove }: { upload: Upload; onRemove: () => void }) {
  const { name, size, sent, is, error } = upload;
  const isOver = is === "done" || is === "failed";
  return (
    <li className={css.item} data-is={is}>
      <Sign upload={upload} />
      <div className={css.words}>
        <strong title={name}>{name}</strong>
        {is === "failed" ? <span>{error?.message}</span> : null}
        {is === "done" ? <span>In the VM’s Downloads</span> : null}
        {is === "waiting" ? <span>Waiting</span> : null}
        {is === "sending" ? (
          <>
            <progress max={Math.max(1, size)} value={sent} aria-label={`Upload of ${name}`} />
            <span>
              {formatBytes(sent)} of {formatBytes(size)}
            </span>
          </>
        ) : null}
      </div>
      <IconButton label={isOver ? `Put ${name} away` : `Cancel ${name}`} onClick={onRemove}>
        <X size={16} />
      </IconButton>
    </li>
  );
}

function Sign({ upload: { is } }: { upload: Upload }) {
  if (is === "failed") return <CircleAlert size={18} aria-hidden="true" />;
  if (is === "done") return <CircleCheck size={18} aria-hidden="true" />;
  return <UploadIcon size={18} aria-hidden="true" />;
}
