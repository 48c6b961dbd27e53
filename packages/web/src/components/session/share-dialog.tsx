"use client";
import { Dialog } from "../dialog.tsx";
import { LinkForm } from "./link-form.tsx";
import { LinkList } from "./link-list.tsx";
import { PeopleList } from "./people-list.tsx";
import css from "./share-dialog.module.css";
import type { Sharing } from "./use-sharing.ts";
import { useViewLinks } from "./use-view-links.ts";

interface ShareDialogProps {
  readonly sharing: Sharing;
  readonly onClose: () => void;
}

/** Lets others in, and shows who is here; who came by a link only sees the latter. */
export function ShareDialog({ sharing, onClose }: ShareDialogProps) {
  return (
    <Dialog title={sharing.isOperator ? "Share this session" : "Who is here"} onClose={onClose}>
      {sharing.isOperator ? <Operators sharing={sharing} /> : <PeopleList sharing={sharing} />}
    </Dialog>
  );
}

function Operators({ sharing }: { sharing: Sharing }) {
  const links = useViewLinks(sharing);
  return (
    <>
      <LinkForm id={sharing.id} onMade={links.refresh} />
      <div className={css.part}>
        <h3>Links</h3>
        <LinkList links={links} sharing={sharing} />
      </div>
      <div className={css.part}>
        <h3>Who is here</h3>
        <PeopleList sharing={sharing} />
      </div>
    </>
  );
}
