import { isBrowserVmError } from "@browservm/contract";
import { z } from "zod";
import type { QdiscFacts } from "../../linux/qdiscs.ts";
import type { LinkFacts } from "../../net/facts.ts";
import { run } from "../../process/run.ts";
import type { TcFilterFacts } from "./host-sight.ts";

const TIMEOUT_MS = 5000;

/** What the kernel or a distribution gives a link unasked, and what only orders or paces packets. */
const PLAIN = [
  "noqueue",
  "noop",
  "mq",
  "pfifo_fast",
  "pfifo",
  "bfifo",
  "fq",
  "fq_codel",
  "fq_pie",
  "sfq",
  "cake",
  "codel",
  "pie",
];

/** What `tc` is asked for, one line each. */
interface Question {
  readonly link: string;
  readonly direction: TcFilterFacts["direction"];
  readonly line: string;
}

/**
 * The filters of `links`, by one `tc` for all of them, and by none where no link has a discipline that could hold one.
 * undefined: tc is missing, or says what we do not understand.
 */
export async function readTcFilters(
  links: readonly LinkFacts[],
  qdiscs: readonly QdiscFacts[],
): Promise<TcFilterFacts[] | undefined> {
  const questions = links.flatMap((link) => questionsOf(link, qdiscs));
  if (questions.length === 0) return [];
  try {
    const input = `${questions.map(({ line }) => line).join("\n")}\n`;
    const { stdout } = await run("tc", ["-j", "-s", "-force", "-batch", "-"], {
      input,
      timeoutMs: TIMEOUT_MS,
    });
    return parseAnswers(stdout, questions);
  } catch (error) {
    if (isBrowserVmError(error)) return undefined;
    throw error;
  }
}

function questionsOf({ name: link, index }: LinkFacts, qdiscs: readonly QdiscFacts[]): Question[] {
  const odd = qdiscs.filter(({ ifindex, kind }) => ifindex === index && !PLAIN.includes(kind));
  const filters = (direction: Question["direction"], where: string): Question => ({
    link,
    direction,
    line: `filter show dev ${link} ${where}`,
  });
  return [
    ...(odd.some(({ at }) => at === "ingress") ? [filters("ingress", "ingress")] : []),
    ...(odd.some(({ kind }) => kind === "clsact") ? [filters("egress", "egress")] : []),
    ...(odd.some(({ at }) => at === "root")
      ? [
          filters("egress", "root"),
          { link, direction: "egress" as const, line: `qdisc show dev ${link} root` },
        ]
      : []),
  ];
}

const Answer = z.array(z.looseObject({ kind: z.string().optional(), drops: z.number().optional() }));

/** tc answers each line of a batch by one line; a question that it refused has none, and then nothing is sure. */
export function parseAnswers(text: string, questions: readonly Question[]): TcFilterFacts[] | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length !== questions.length) return undefined;
  const facts: TcFilterFacts[] = [];
  for (const [index, question] of questions.entries()) {
    const answer = Answer.safeParse(parseJson(lines[index] ?? ""));
    if (!answer.success) return undefined;
    const read = question.line.startsWith("qdisc") ? disciplineOf : filterOf;
    facts.push(...answer.data.flatMap((item) => read(item, question) ?? []));
  }
  return facts;
}

type Item = z.infer<typeof Answer>[number];

/** The kernel lists a filter's head before its rules: a rule has options. */
function filterOf(item: Item, { link, direction }: Question): TcFilterFacts | undefined {
  if (!item.options) return undefined;
  const verdicts = [...textsUnder(item, "control_action", "type"), ...textsUnder(item, "mirred_action")];
  const packets = packetsOf(item);
  return {
    link,
    direction,
    words: `filter ${item.kind ?? ""} ${JSON.stringify(item.options)}`.slice(0, 500),
    drops: verdicts.some((verdict) => ["drop", "shot", "stolen", "trap", "redirect"].includes(verdict)),
    ...(packets === undefined ? {} : { packets }),
  };
}

function disciplineOf(item: Item, { link, direction }: Question): TcFilterFacts {
  const drops = item.drops ?? 0;
  return {
    link,
    direction,
    words: `qdisc ${item.kind ?? ""} ${JSON.stringify(item.options ?? {})}`.slice(0, 500),
    drops: drops > 0 || item.kind === "blackhole",
    packets: drops,
  };
}

/** The strings under `key` (or under `key`.`inner`), however deep. */
function textsUnder(value: unknown, key: string, inner?: string): string[] {
  return entriesOf(value).flatMap(([name, child]) => {
    const wanted = inner === undefined ? child : (child as Record<string, unknown> | null)?.[inner];
    const own = name === key && typeof wanted === "string" ? [wanted] : [];
    return [...own, ...textsUnder(child, key, inner)];
  });
}

function packetsOf(value: unknown): number | undefined {
  const counted = entriesOf(value).flatMap(([name, child]) => {
    if (name === "packets" && typeof child === "number") return [child];
    return packetsOf(child) ?? [];
  });
  return counted.length > 0 ? Math.max(...counted) : undefined;
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === "object" && value !== null ? Object.entries(value) : [];

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the schema
  }
}
