/**
 * Asks again when the first answer is bad: on a starved machine a deadline may pass although all is well, so a fault is
 * believed only when it is seen twice.
 */
export async function askTwice<T>(ask: () => Promise<T>, isGood: (answer: T) => boolean): Promise<T> {
  const first = await ask();
  return isGood(first) ? first : ask();
}
