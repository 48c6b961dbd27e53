import { Layers, Plus } from "lucide-react";
import { Button } from "../button.tsx";
import { NothingYet } from "../nothing-yet.tsx";

/** What a profile is, and how to get the first one. `onNew` null: the reader may make none. */
export function NoProfiles({ onNew }: { onNew: (() => void) | null }) {
  return (
    <NothingYet icon={Layers} title="No profile is kept yet">
      <p>
        A profile is what a browser remembers: cookies, site data, settings and history. It is saved when its
        session ends, kept encrypted, and the next session that begins with it goes on where the last one was.
        One session writes a profile at a time; others can load it to read.
      </p>
      {onNew === null ? null : (
        <>
          <Button look="primary" icon={<Plus size={17} />} onClick={onNew}>
            Start a session with a new one
          </Button>
          <p>
            or in a terminal: <code>browservm run --profile NAME</code>
          </p>
        </>
      )}
    </NothingYet>
  );
}
