import css from "./skeleton.module.css";

interface SkeletonProps {
  /** What is waited for, for who hears the page. */
  readonly words: string;
  readonly blocks: number;
  /** Lays the blocks out as what is to come. */
  readonly layout: string | undefined;
  /** How high a block is. */
  readonly block: string | undefined;
}

/** The shape of what is not there yet. */
export function Skeleton({ words, blocks, layout, block }: SkeletonProps) {
  return (
    <div className={layout} role="status">
      <span className="visually-hidden">{words}</span>
      {Array.from({ length: blocks }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <div key={index} data-ghost className={`${css.block} ${block}`} />
      ))}
    </div>
  );
}
