"use client";
import type { Profile } from "@browservm/contract";
import { Plus } from "lucide-react";
import { useState } from "react";
import { may } from "../../lib/may.ts";
import { profileListSource } from "../../lib/profile-sources.ts";
import { useHost } from "../../lib/use-host.ts";
import { useLive } from "../../lib/use-live.ts";
import { useMe } from "../../lib/use-me.ts";
import { AppBar } from "../app-bar.tsx";
import { Button } from "../button.tsx";
import { ListSkeleton } from "../list-skeleton.tsx";
import { LoadProblem } from "../load-problem.tsx";
import css from "../page.module.css";
import { NewSessionDialog } from "../sessions/new-session-dialog.tsx";
import { useSignIn } from "../use-sign-in.ts";
import { NoProfiles } from "./no-profiles.tsx";
import { ProfileList } from "./profile-list.tsx";
import { RemoveProfileDialog } from "./remove-profile-dialog.tsx";
import { RenameProfileDialog } from "./rename-profile-dialog.tsx";

/** In the maker's own project. */
const NEW = { name: "", project: "" };

/** All browser profiles, who writes each, and the way into a session with one. */
export function ProfilesPage() {
  const { data, error, refresh } = useLive(profileListSource, { restsWhenHidden: true });
  const { host } = useHost();
  const me = useMe();
  const canOpen = may(me, "profiles:use") && may(me, "sessions:write");
  const canWrite = may(me, "profiles:write");
  /** The profile that a session shall begin with; its name empty = to be typed. */
  const [opening, setOpening] = useState<Pick<Profile, "name" | "project"> | null>(null);
  const [renaming, setRenaming] = useState<Profile | null>(null);
  const [removing, setRemoving] = useState<Profile | null>(null);
  const startNew = canOpen && canWrite ? () => setOpening(NEW) : null;
  useSignIn(error);
  return (
    <>
      <AppBar />
      <main id="main" className={css.page}>
        <div className={css.top}>
          <h1>Profiles</h1>
          {startNew === null ? null : (
            <Button look="primary" icon={<Plus size={17} />} onClick={startNew}>
              New profile
            </Button>
          )}
        </div>
        <LoadProblem error={error} isStale={data !== null} onRetry={refresh} />
        {data === null && error === null ? (
          <ListSkeleton words="Loading profiles…" rows={3} of="profiles" />
        ) : null}
        {data?.length === 0 ? <NoProfiles onNew={startNew} /> : null}
        {data === null || data.length === 0 ? null : (
          <ProfileList
            profiles={data}
            onOpen={canOpen ? setOpening : null}
            onRename={canWrite ? setRenaming : null}
            onRemove={canWrite ? setRemoving : null}
          />
        )}
      </main>
      {opening === null ? null : (
        <NewSessionDialog
          host={host}
          begin={{ profile: opening.name, project: opening.project }}
          onClose={() => setOpening(null)}
        />
      )}
      {renaming === null ? null : (
        <RenameProfileDialog profile={renaming} onClose={() => setRenaming(null)} onRenamed={refresh} />
      )}
      {removing === null ? null : (
        <RemoveProfileDialog profile={removing} onClose={() => setRemoving(null)} onRemoved={refresh} />
      )}
    </>
  );
}
