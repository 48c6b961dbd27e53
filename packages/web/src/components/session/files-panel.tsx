"use client";
import { Download, File as FileIcon, Folder, RotateCw, Trash2, Upload as UploadIcon } from "lucide-react";
import { type ChangeEvent, useRef, useState } from "react";
import { client } from "../../lib/client.ts";
import { type FileLine, fileLines } from "../../lib/file-view.ts";
import { formatAgo } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button, IconButton } from "../button.tsx";
import { ConfirmDialog } from "../confirm-dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Skeleton } from "../skeleton.tsx";
import { useKeptFocus } from "../use-kept-focus.ts";
import css from "./files-panel.module.css";
import { type FileList, type Files, inDownloads, useFileList } from "./use-files.ts";

/** The session's downloads: what pages saved there, and what the reader puts there for them. */
export function FilesPanel({ files }: { files: Files }) {
  const list = useFileList(files);
  if (!files.isAllowed)
    return (
      <section className={css.panel} aria-label="Files">
        <p className={css.still}>Only who has the control can see and exchange files.</p>
      </section>
    );
  return (
    <section className={css.panel} aria-label="Files">
      <div className={css.actions}>
        <UploadButton onFiles={files.add} />
        <IconButton label="Look again" onClick={() => void list.refresh()}>
          <RotateCw size={16} />
        </IconButton>
      </div>
      <p className={css.hint}>
        Files go to the VM’s Downloads, where pages can choose them. You can also drop them on the display.
      </p>
      <Listing files={files} list={list} />
    </section>
  );
}

function UploadButton({ onFiles }: { onFiles: (files: Iterable<File>) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    onFiles(Array.from(event.target.files ?? []));
    // the same file may be chosen again
    event.target.value = "";
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to put into the VM"
        onChange={choose}
      />
      <Button look="primary" icon={<UploadIcon size={15} />} onClick={() => input.current?.click()}>
        Upload files
      </Button>
    </>
  );
}

function Listing({ files, list: { listing, error, refresh } }: { files: Files; list: FileList }) {
  const now = useNow();
  const [removing, setRemoving] = useState<FileLine | null>(null);
  const kept = useKeptFocus<HTMLDivElement>();
  if (error !== null && listing === null)
    return <ErrorCard error={error} actions={<Button onClick={() => void refresh()}>Try again</Button>} />;
  if (listing === null || now === null)
    return <Skeleton words="Looking up the files" blocks={3} layout={css.list} block={css.ghost} />;
  const lines = fileLines(listing.entries);
  return (
    <div {...kept}>
      {error === null ? null : <p className={css.stale}>The list may be old: {error.message}</p>}
      {lines.length === 0 ? <p className={css.empty}>Nothing has been downloaded or uploaded yet.</p> : null}
      <ul className={css.list} aria-label="Files in Downloads">
        {lines.map((line) => (
          <FileItem
            key={line.entry.name}
            line={line}
            ago={formatAgo(line.entry.modifiedAt, now)}
            href={client.sessions.files(files.id).pathOf(inDownloads(line.entry.name))}
            onRemove={() => setRemoving(line)}
          />
        ))}
      </ul>
      {listing.truncated ? <p className={css.still}>There are more; these are the newest.</p> : null}
      {removing === null ? null : (
        <ConfirmDialog
          title={`Delete ${removing.name}?`}
          confirm="Delete"
          busy="Deleting…"
          refuse="Keep it"
          onConfirm={() =>
            client.sessions.files(files.id).remove(inDownloads(removing.entry.name)).then(refresh)
          }
          onClose={() => setRemoving(null)}
        >
          <p>It is deleted in the VM, and cannot be brought back.</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

interface FileItemProps {
  readonly line: FileLine;
  readonly ago: string;
  readonly href: string;
  readonly onRemove: () => void;
}

function FileItem({ line: { name, size, isFile, entry }, ago, href, onRemove }: FileItemProps) {
  return (
    <li className={css.item}>
      {isFile ? <FileIcon size={17} aria-hidden="true" /> : <Folder size={17} aria-hidden="true" />}
      <div className={css.words}>
        <strong title={name}>{name}</strong>
        <span>
          {isFile ? `${size}, ` : ""}
          {ago}
        </span>
      </div>
      {isFile ? (
        <a
          className={css.download}
          href={href}
          download={entry.name}
          aria-label={`Download ${name}`}
          title="Download"
        >
          <Download size={17} />
        </a>
      ) : null}
      <IconButton label={`Delete ${name}`} onClick={onRemove}>
        <Trash2 size={17} />
      </IconButton>
    </li>
  );
}
