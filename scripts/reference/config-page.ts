import { SETTINGS } from "../../packages/contract/src/index.ts";
import { head, markdownTable } from "./page.ts";

/** Every setting of the schema. */
export function configPage(): string {
  const rows = SETTINGS.map(({ key, variable, standard, description, values }) => [
    `\`${key}\``,
    `\`${variable}\``,
    `\`${JSON.stringify(standard)}\``,
    values ? `${description}. One of ${values.map((value) => `\`${value}\``).join(", ")}` : description,
  ]);
  const words = [
    "Environment > file > default. The file is YAML: `--config FILE`, else `BROWSERVM_CONFIG_FILE`, else `/etc/browservm/config.yaml`.",
    'Unknown keys and variables are refused by name. Lists in variables are separated by commas; `BROWSERVM_POOLS` is JSON: `[{"name":"warm","size":2}]`.',
    "`browservm config show` prints each value and where it comes from.",
    "",
    "```yaml\n# /etc/browservm/config.yaml\nlisten: 127.0.0.1:4000\nnetwork:\n  cidr: 192.168.100.0/24\n```",
  ].join("\n");
  const table = markdownTable(["Setting", "Variable", "Default", "Meaning"], rows);
  return `${head("Configuration", "packages/contract/src/config/schema.ts", words)}\n${table}\n`;
}
