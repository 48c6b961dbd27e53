/** A path of this page's own origin as a WebSocket's address. */
export function socketAddress(path: string): string {
  const { protocol, host } = location;
  return `${protocol === "https:" ? "wss" : "ws"}://${host}${path}`;
}
