/** CLOCK_MONOTONIC in microseconds: the clock of GStreamer's pipelines, and of all stamps that leave us. */
export const monotonicUs = (): number => Number(process.hrtime.bigint() / 1000n);
