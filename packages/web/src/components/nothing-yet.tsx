import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import css from "./nothing-yet.module.css";

interface NothingYetProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children: ReactNode;
}

/** An empty list: what would be in it, and how to get something there. */
export function NothingYet({ icon: Icon, title, children }: NothingYetProps) {
  return (
    <section className={css.empty}>
      <span className={css.sign}>
        <Icon size={26} aria-hidden="true" />
      </span>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
