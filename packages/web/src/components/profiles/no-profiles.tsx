import { Layers } from "lucide-react";
import { NothingYet } from "../nothing-yet.tsx";

/** What a profile is, and how to get the first one. */
export function NoProfiles() {
  return (
    <NothingYet icon={Layers} title="No profile is kept yet">
      <p>
        A profile is what a browser remembers: cookies, site data, settings and history. It is saved when its
        session ends, kept encrypted, and the next session that begins with it goes on where the last one was.
        One session writes a profile at a time; others can load it to read.
      </p>
      <p>
        Start a session with the name of a new profile, or in a terminal:{" "}
        <code>browservm run --profile NAME</code>
      </p>
    </NothingYet>
  );
}
