"use client";
import { useState } from "react";
import { formatBytes } from "../../lib/file-view.ts";
import { Field } from "../sessions/field.tsx";

/** The files of a tool, and where they belong below the home in a VM. */
export function FilesFields({ problem }: { problem: string | undefined }) {
  const [files, setFiles] = useState<readonly File[]>([]);
  return (
    <>
      <Field label="Files" hint="At most 16; 256 KiB each." problem={problem}>
        {(control) => (
          <input
            {...control}
            type="file"
            name="files"
            multiple
            onChange={({ target }) => setFiles([...(target.files ?? [])])}
          />
        )}
      </Field>
      {files.map((file, index) => (
        <Field
          // biome-ignore lint/suspicious/noArrayIndexKey: two of one name may come from different folders
          key={`${index}:${file.name}`}
          label={`${file.name} (${formatBytes(file.size)}) goes to`}
          hint="Below the home in the VM, e.g. .codex/auth.json."
        >
          {(control) => (
            <input {...control} name="path" defaultValue={file.name} autoComplete="off" spellCheck={false} />
          )}
        </Field>
      ))}
    </>
  );
}
