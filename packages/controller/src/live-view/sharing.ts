import type { SessionId, ViewerId, ViewLinkId } from "@browservm/contract";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Viewers } from "./viewers.ts";

/** Takes back what was given away: links, and the places of who came by them. */
export class Sharing {
  readonly #authenticator: Authenticator;
  readonly #viewers: Viewers;

  constructor(deps: { authenticator: Authenticator; viewers: Viewers }) {
    this.#authenticator = deps.authenticator;
    this.#viewers = deps.viewers;
  }

  /** Makes a link useless, with every sign-in by it, and closes the views. VIEW_LINK_NOT_FOUND. */
  async revokeLink(id: SessionId, linkId: ViewLinkId): Promise<void> {
    await this.#authenticator.viewTokens.revoke(id, linkId);
    this.#viewers.removeByLink(id, linkId);
  }

  /** Sends a viewer away. Who came by a link also loses its sign-in, or the link when it used that itself. VIEWER_NOT_FOUND. */
  async removeViewer(id: SessionId, viewer: ViewerId): Promise<void> {
    const { via, scope, linkId } = this.#viewers.find(id, viewer);
    if (via === "operator") return this.#viewers.remove(id, viewer);
    if (scope.startsWith("view:") && linkId !== null) return this.revokeLink(id, linkId);
    await this.#authenticator.webSessions.remove(scope);
    // All of its windows: none of them could come back.
    this.#viewers.removeByScope(id, scope);
  }
}
