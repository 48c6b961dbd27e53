/** Our own monotonic clock, in microseconds. */
export const nowUs = (): number => performance.now() * 1000;
