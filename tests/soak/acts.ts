/** What happens around the session that stays. */
export type Act = "other session" | "kill hostd" | "kill controller" | "kill both";

const KILLS: readonly Act[] = ["kill hostd", "kill controller", "kill both"];

/** The kills at a quarter, a half and three quarters of the other sessions, never while one of those starts. */
export function planActs(others: number): Act[] {
  const acts: Act[] = [];
  let killed = 0;
  for (let other = 1; other <= others; other++) {
    acts.push("other session");
    while (killed < KILLS.length && other >= ((killed + 1) * others) / (KILLS.length + 1))
      acts.push(KILLS[killed++] as Act);
  }
  return [...acts, ...KILLS.slice(killed)];
}
