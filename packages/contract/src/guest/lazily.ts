import type * as z from "zod"; // as a namespace: the agent's bundle then leaves out what it does not use

interface CallSchemas<P extends z.ZodType, R extends z.ZodType> {
  readonly params: P;
  readonly result: R;
}

/**
 * A call whose schemas are made when they are first wanted. An agent that starts wants two of thirty; making all of them
 * takes it most of a second where it is emulated, and each restored VM has an agent that starts.
 */
export function lazily<P extends z.ZodType, R extends z.ZodType>(
  make: () => CallSchemas<P, R>,
): CallSchemas<P, R> {
  let made: CallSchemas<P, R> | undefined;
  const schemas = () => {
    made ??= make();
    return made;
  };
  return {
    get params() {
      return schemas().params;
    },
    get result() {
      return schemas().result;
    },
  };
}
