/** Does one after the other, each whatever became of those before it; then throws what went wrong first. */
export async function inTurn(works: readonly (() => Promise<unknown>)[]): Promise<void> {
  const wrong: { readonly error: unknown }[] = [];
  for (const work of works)
    try {
      await work();
    } catch (error) {
      wrong.push({ error });
    }
  const [first] = wrong;
  if (first) throw first.error;
}
