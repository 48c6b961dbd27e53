/** Where the newest part of a log is kept when the log is cut. */
export const previousOf = (path: string): string => `${path}.1`;
