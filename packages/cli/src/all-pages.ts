interface Page<Row> {
  readonly data: readonly Row[];
  readonly nextCursor: string | null;
}

/** All that a list has, from as many pages as there are. */
export async function allPages<Row>(
  read: (from: { readonly cursor?: string }) => Promise<Page<Row>>,
): Promise<Row[]> {
  const found: Row[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await read(cursor === undefined ? {} : { cursor });
    found.push(...page.data);
    cursor = page.nextCursor;
  }
  return found;
}
