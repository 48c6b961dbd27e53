import { type Pool, PoolName, PoolSpec } from "@browservm/contract";

/** The form of a pool as it was typed. */
export interface PoolDraft {
  readonly name: string;
  readonly image: string;
  readonly size: string;
  readonly vcpus: string;
  readonly memoryMib: string;
}

export const EMPTY_POOL: PoolDraft = { name: "", image: "browser", size: "2", vcpus: "", memoryMib: "" };

export const draftOfPool = ({ name, image, size, vcpus, memoryMib }: Pool): PoolDraft => ({
  name,
  image,
  size: String(size),
  vcpus: vcpus === undefined ? "" : String(vcpus),
  memoryMib: memoryMib === undefined ? "" : String(memoryMib),
});

export type PoolProblems = Partial<Record<keyof PoolDraft, string>>;
export type PoolDraftResult =
  | { readonly ok: true; readonly name: string; readonly spec: PoolSpec }
  | { readonly ok: false; readonly problems: PoolProblems };

const WORDS: Readonly<Record<string, string>> = {
  image: "Small letters, digits, dots and dashes only.",
  size: "Between 0 and 200.",
  vcpus: "Between 1 and 16.",
  memoryMib: "Between 128 and 65536.",
};

/** Makes the request of what was typed, or says per field what is wrong with it. `taken` are names of other pools. */
export function readPoolDraft(draft: PoolDraft, taken: readonly string[] = []): PoolDraftResult {
  const problems: PoolProblems = {};
  const name = draft.name.trim();
  if (!PoolName.safeParse(name).success) problems.name = "Small letters, digits and dashes; at most 32.";
  else if (taken.includes(name)) problems.name = "There is a pool of this name already.";
  const spec = PoolSpec.safeParse({
    image: draft.image,
    size: draft.size.trim() === "" ? undefined : Number(draft.size),
    ...(draft.vcpus === "" ? {} : { vcpus: Number(draft.vcpus) }),
    ...(draft.memoryMib === "" ? {} : { memoryMib: Number(draft.memoryMib) }),
  });
  for (const { path, message } of spec.error?.issues ?? []) {
    const field = String(path[0]);
    if (isField(field)) problems[field] ??= WORDS[field] ?? message;
  }
  if (spec.success && Object.keys(problems).length === 0) return { ok: true, name, spec: spec.data };
  return { ok: false, problems };
}

const isField = (name: string): name is keyof PoolDraft => name in EMPTY_POOL;
