/**
 * A site inside the guest: its page tells what it finds of itself (the cookies that it is sent, local storage, IndexedDB),
 * then leaves something in each. Served on the guest's loopback by `node -e`.
 */
export const PROFILE_SITE = `
const { createServer } = require("node:http");
const { appendFileSync } = require("node:fs");
const page = \`<!doctype html><title>site</title><script>
const database = () => new Promise((resolve, reject) => {
  const asked = indexedDB.open("d", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("s");
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});
const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
const tell = (path, value) => fetch(path, { method: "POST", body: JSON.stringify(value) });
(async () => {
  const db = await database();
  const indexed = await done(db.transaction("s").objectStore("s").get("k"));
  await tell("/found", { cookie: document.cookie, local: localStorage.k ?? null, indexed: indexed ?? null });
  const mark = new URLSearchParams(location.search).get("mark");
  if (!mark) return;
  document.cookie = "lasting=" + mark + "; max-age=86400";
  document.cookie = "passing=" + mark;
  localStorage.k = mark;
  const writing = db.transaction("s", "readwrite", { durability: "strict" });
  writing.objectStore("s").put(mark, "k");
  await new Promise((resolve) => (writing.oncomplete = resolve));
  await tell("/left", { mark });
})().catch((error) => tell("/error", String(error)));
</script>\`;
createServer((request, response) => {
  if (request.method !== "POST") return response.setHeader("content-type", "text/html").end(page);
  let body = "";
  request.on("data", (part) => (body += part)).on("end", () => {
    appendFileSync("/tmp/told", request.url + " " + body + "\\n");
    response.end();
  });
}).listen(9321, "127.0.0.1");
`;

export const SITE = "http://127.0.0.1:9321/";
