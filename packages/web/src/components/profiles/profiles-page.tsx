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
import { LoadProblem } from "../load-problem.tsx";
import css from "../page.module.css";
import { NewSessionDialog } from "../sessions/new-session-dialog.tsx";
import { Skeleton } from "../skeleton.tsx";
import { useSignIn } from "../use-sign-in.ts";
import { NoProfiles } from "./no-profiles.tsx";
import { ProfileList } from "./profile-list.tsx";
import { RemoveProfileDialog } from "./remove-profile-dialog.tsx";

/** All browser profiles, who writes each, and the way into a session with one. */
export function ProfilesPage() {
  const { data, error, refresh } = useLive(profileListSource, { restsWhenHidden: true });
  const { host } = useHost();
  const me = useMe();
  const canOpen = may(me, "profiles:use") && may(me, "sessions:write");
  const canWrite = may(me, "profiles:write");
  /** The name of the profile that a session shall begin with; empty = to be typed. */
  const [opening, setOpening] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Profile | null>(null);
  useSignIn(error);
  return (
    <>
      <AppBar />
      <main id="main" className={css.page}>
        <div className={css.top}>
          <h1>Profiles</h1>
          {canOpen && canWrite ? (
            <Button look="primary" icon={<Plus size={17} />} onClick={() => setOpening("")}>
              New profile
            </Button>
          ) : null}
        </div>
        <LoadProblem error={error} isStale={data !== null} onRetry={refresh} />
        {data === null && error === null ? (
          <Skeleton words="Loading profiles…" blocks={3} layout={css.rows} block={css.skeleton} />
        ) : null}
        {data?.length === 0 ? <NoProfiles /> : null}
        {data === null || data.length === 0 ? null : (
          <ProfileList
            profiles={data}
            onOpen={canOpen ? ({ name }) => setOpening(name) : null}
            onRemove={canWrite ? setRemoving : null}
          />
        )}
      </main>
      {opening === null ? null : (
        <NewSessionDialog host={host} profile={opening} onClose={() => setOpening(null)} />
      )}
      {removing === null ? null : (
        <RemoveProfileDialog profile={removing} onClose={() => setRemoving(null)} onRemoved={refresh} />
      )}
    </>
  );
}
