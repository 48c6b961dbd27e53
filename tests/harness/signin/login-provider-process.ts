import { readFileSync } from "node:fs";
import { LoginProvider } from "../../../packages/controller/src/testing/login-provider.ts";

// ADDRESS KEY CERT: the test's OpenID provider, in whatever network namespace it is started in.
const [address = "", key = "", cert = ""] = process.argv.slice(2);
const tls = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
const provider = await LoginProvider.start({ address, tls });
process.stdout.write(`${JSON.stringify({ issuer: provider.issuer, client: provider.client })}\n`);
// Asked by a line, it tells what browsers said of themselves.
process.stdin.on("data", () => process.stdout.write(`${JSON.stringify([...provider.pages.automated])}\n`));
process.stdin.on("end", () => process.exit());
