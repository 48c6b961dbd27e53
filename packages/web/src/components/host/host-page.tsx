"use client";
import { ChevronRight, Stethoscope } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { hostPictureSource } from "../../lib/live-sources.ts";
import { may } from "../../lib/may.ts";
import type { Selection } from "../../lib/part-facts.ts";
import { useDoctor } from "../../lib/use-doctor.ts";
import { useHost } from "../../lib/use-host.ts";
import { useLive } from "../../lib/use-live.ts";
import { useMe } from "../../lib/use-me.ts";
import { AppBar } from "../app-bar.tsx";
import { Button } from "../button.tsx";
import { LoadProblem } from "../load-problem.tsx";
import { HostLine } from "../sessions/host-line.tsx";
import { Skeleton } from "../skeleton.tsx";
import { useSignIn } from "../use-sign-in.ts";
import { DoctorPanel } from "./doctor-panel.tsx";
import css from "./host-page.module.css";
import { MachineStrip } from "./machine-strip.tsx";
import { NoPermission } from "./no-permission.tsx";
import { PartDialog } from "./part-dialog.tsx";
import { PicturePanel } from "./picture-panel.tsx";
import { RepairsList } from "./repairs-list.tsx";
import { StockPanels } from "./stock-panels.tsx";

/** The machine with its network and what it keeps ready, for those who may see it. */
export function HostPage() {
  const [isForbidden, setForbidden] = useState(false);
  const forbid = useCallback(() => setForbidden(true), []);
  const me = useMe();
  if (isForbidden || (me !== null && !may(me, "host:inspect"))) return <NoPermission />;
  return <HostView onForbidden={forbid} />;
}

/** How the machine runs VMs, what is kept ready, the bridge with all that is plugged in, and the doctor. */
function HostView({ onForbidden }: { onForbidden: () => void }) {
  const { data, error, refresh } = useLive(hostPictureSource, { restsWhenHidden: true });
  const { host, error: hostError, refresh: refreshHost } = useHost();
  const doctor = useDoctor({});
  const [selection, setSelection] = useState<Selection | null>(null);
  useSignIn(error);
  const isForbidden = error?.code === "FORBIDDEN";
  const retry = () => {
    refresh();
    refreshHost();
  };
  useEffect(() => {
    if (isForbidden) onForbidden();
  }, [isForbidden, onForbidden]);
  return (
    <>
      <AppBar isInner>
        <ChevronRight size={15} className={css.chevron} aria-hidden="true" />
        <span>Host</span>
        <HostLine host={host} />
      </AppBar>
      <main id="main" className={css.page}>
        <div className={css.top}>
          <h1>This host</h1>
          <Button
            look="primary"
            icon={<Stethoscope size={17} />}
            disabled={doctor.look.is === "running"}
            onClick={doctor.run}
          >
            Run doctor
          </Button>
        </div>
        <LoadProblem error={error ?? hostError} isStale={data !== null} onRetry={retry} />
        <DoctorPanel doctor={doctor} />
        <MachineStrip host={host} isTroubled={hostError !== null} />
        <StockPanels host={host} isTroubled={(error ?? hostError) !== null} />
        {data === null ? (
          error === null && (
            <Skeleton words="Looking at the bridge…" blocks={2} layout={css.columns} block={css.skeleton} />
          )
        ) : (
          <div className={css.columns}>
            <PicturePanel look={data} onSelect={setSelection} />
            <RepairsList repairs={data.picture.repairs} />
          </div>
        )}
      </main>
      {selection === null || data === null ? null : (
        <PartDialog selection={selection} look={data} host={doctor} onClose={() => setSelection(null)} />
      )}
    </>
  );
}
