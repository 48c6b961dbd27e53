import css from "./list-skeleton.module.css";
import ghost from "./skeleton.module.css";

interface ListSkeletonProps {
  /** What is waited for, for who hears the page. */
  readonly words: string;
  readonly rows: number;
  /** Whose rows it stands for. */
  readonly of: "profiles" | "connections" | "signins" | "audit";
}

/** The shape of a list that is not there yet: what narrows it down, and rows where they will be. */
export function ListSkeleton({ words, rows, of }: ListSkeletonProps) {
  return (
    <div className={css.shape} data-of={of} role="status">
      <span className="visually-hidden">{words}</span>
      <div data-ghost className={`${ghost.block} ${css.filter}`} />
      <div className={css.rows}>
        {Array.from({ length: rows }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
          <div key={index} data-ghost className={`${ghost.block} ${css.row}`} />
        ))}
      </div>
    </div>
  );
}
