import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MockProxy } from "../../../testing/mock-proxy.ts";
import { dialProxy } from "./dial-proxy.ts";

const undo = new AsyncDisposableStack();
afterAll(() => undo.disposeAsync());
const CREDENTIALS = { username: "ann", password: "s3cret" };
let far: MockProxy;
let port: number;

/** A proxy that is spoken to by TLS as `proxy.example`, with a certificate that this process believes. */
beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), "bvm-proxy-tls-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const what = ["-subj", "/CN=of a test", "-addext", "subjectAltName=DNS:proxy.example"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const request = ["req", "-x509", ...curve, "-nodes", "-days", "1", ...what, "-keyout", key, "-out", cert];
  execFileSync("openssl", request, { stdio: "ignore" });
  const believed = getCACertificates();
  setDefaultCACertificates([...believed, readFileSync(cert, "utf8")]);
  undo.defer(() => setDefaultCACertificates(believed));
  far = undo.use(await MockProxy.saying("hello "));
  const proxy = undo.use(
    await MockProxy.start({ kind: "http", credentials: CREDENTIALS, lead: () => ({ port: far.port }) }),
  );
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    socket.on("error", () => {});
    const inner = connect(proxy.port, "127.0.0.1").on("error", () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  server.on("tlsClientError", () => {});
  undo.defer(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});

const dial = (host: string, credentials = CREDENTIALS) =>
  dialProxy(
    { host: "far.example", port: 7 },
    {
      upstream: { address: { kind: "https", host, port }, credentials },
      resolve: async () => ["127.0.0.1"],
      timeoutMs: 3000,
    },
  );

test("a proxy whose certificate is its name's is gone through", async () => {
  const socket = await dial("proxy.example");
  socket.write("anybody?");
  expect(String((await once(socket, "data"))[0])).toBe("hello ");
  socket.destroy();
  await expect.poll(() => far.open).toBe(0);
});

test("one with another's certificate, or that refuses us, is not", async () => {
  await expect(dial("other.example")).rejects.toMatchObject({
    code: "PROXY_UNREACHABLE",
    message: expect.stringContaining("TLS"),
  });
  const wrong = dial("proxy.example", { ...CREDENTIALS, password: "other" });
  await expect(wrong).rejects.toMatchObject({ code: "PROXY_AUTH_REFUSED" });
});
