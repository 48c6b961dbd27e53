/** What the first number of a guest's gate means: its time stands still, or goes on. */
export const GATE = { closed: 0, open: 1 } as const;
