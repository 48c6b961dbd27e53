import { z } from "zod";
import { Config } from "./schema.ts";

/** One setting of the configuration: a leaf of its schema. */
export interface Setting {
  /** Dotted, as in the file: `network.cidr`. */
  readonly key: string;
  /** The variable that sets it: `BROWSERVM_NETWORK__CIDR`. */
  readonly variable: string;
  readonly description: string;
  /** `array` is of words; `json` is a list of objects, written as JSON in a variable. */
  readonly type: "string" | "number" | "boolean" | "array" | "json";
  readonly values?: readonly string[];
  readonly standard: unknown;
}

const JsonSchema = z.object({
  type: z.string().optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), JsonSchema).optional();
  },
  get items() {
    return JsonSchema.optional();
  },
});
type JsonSchema = z.infer<typeof JsonSchema>;

/** Every setting, in the order of the schema. */
export const SETTINGS: readonly Setting[] = leaves(
  JsonSchema.parse(z.toJSONSchema(Config, { io: "input", unrepresentable: "any" })),
  [],
);

function leaves(schema: JsonSchema, path: readonly string[]): Setting[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    child.properties ? leaves(child, [...path, name]) : [setting(child, [...path, name])],
  );
}

function setting(schema: JsonSchema, path: readonly string[]): Setting {
  return {
    key: path.join("."),
    variable: `BROWSERVM_${path.map(screaming).join("__")}`,
    description: schema.description ?? "",
    type: typeOf(schema),
    ...(schema.enum ? { values: schema.enum } : {}),
    standard: schema.default,
  };
}

function screaming(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function typeOf({ type, items }: JsonSchema): Setting["type"] {
  if (type === "integer" || type === "number") return "number";
  if (type === "array" && items?.type === "object") return "json";
  return type === "boolean" || type === "array" ? type : "string";
}
