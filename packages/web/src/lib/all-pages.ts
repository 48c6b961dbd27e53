interface Page<Item> {
  readonly data: readonly Item[];
  readonly nextCursor: string | null;
}

/** All of a list that is told in pages. */
export async function allPages<Item>(
  ask: (from: { readonly cursor?: string }) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await ask(cursor === null ? {} : { cursor });
    all.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all;
}
