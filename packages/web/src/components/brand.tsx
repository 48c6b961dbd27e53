/** The mark: a window with a tick, for a browser that was proven. */
export function Brand({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <g fill="none" stroke="var(--on-accent)" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round">
        <rect x="6.5" y="8" width="19" height="16" rx="3" />
        <path d="M6.5 13h19" />
        <path d="M13 19l2.4 2.2L19.5 16.6" />
      </g>
    </svg>
  );
}
