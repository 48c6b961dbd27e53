const encoder = new TextEncoder();
const OPENING = /^\{"epoch":"([0-9a-f]{32})"\}$/;
const decoder = new TextDecoder();

/**
 * The line that opens an epoch, and its echo. The newline before it ends whatever partial line stands in the
 * way, on either side.
 */
export const epochLine = (epoch: string): Uint8Array => encoder.encode(`\n{"epoch":"${epoch}"}\n`);

/** The agent says that it has no epoch: it started anew under a host that thinks the channel is open. */
export const EPOCH_LOST: Uint8Array = encoder.encode('\n{"epoch":null}\n');

/** The epoch that a line opens or echoes. */
export function epochOf(line: Uint8Array): string | undefined {
  return line.length > 64 ? undefined : OPENING.exec(decoder.decode(line))?.[1];
}

export function isEpochLost(line: Uint8Array): boolean {
  return line.length === 14 && decoder.decode(line) === '{"epoch":null}';
}
