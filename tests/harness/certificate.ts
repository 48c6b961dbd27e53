import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A self-signed certificate for an address, in files that every user of this machine may read; disposing removes them. */
export class Certificate implements Disposable {
  readonly key: string;
  readonly cert: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "bvm-certificate-"));

  constructor(address: string) {
    chmodSync(this.#directory, 0o755);
    this.key = join(this.#directory, "key.pem");
    this.cert = join(this.#directory, "cert.pem");
    const what = ["-subj", "/CN=of a test", "-addext", `subjectAltName=IP:${address}`];
    const files = ["-keyout", this.key, "-out", this.cert];
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", ...what, ...files];
    execFileSync("openssl", request, { stdio: "ignore" });
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
