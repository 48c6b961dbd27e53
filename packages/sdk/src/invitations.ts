import {
  apiRoutes,
  type BodyInput,
  type Invitation,
  type InvitationLink,
  type ReplyOf,
} from "@browservm/contract";
import type { CallOptions, RouteClient } from "./transport/route-client.ts";

/** `/v1/invitations`: one-time links by which somebody becomes a person of the page. */
export class Invitations {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  /** Its link is in this answer and never again. PERSON_EXISTS, GRANT_TOO_STRONG. */
  create(
    request: BodyInput<typeof apiRoutes.createInvitation>,
    options?: CallOptions,
  ): Promise<InvitationLink> {
    return this.#client.call(apiRoutes.createInvitation, { body: request }, options);
  }

  /** Those that still can be used. */
  async list(options?: CallOptions): Promise<readonly Invitation[]> {
    return (await this.#client.call(apiRoutes.listInvitations, {}, options)).data;
  }

  /** INVITATION_NOT_FOUND. */
  async remove(id: string, options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.removeInvitation, { params: { id } }, options);
  }

  /** For whom it is, before it is used. INVITATION_SPENT. */
  look(token: string, options?: CallOptions): Promise<ReplyOf<typeof apiRoutes.lookAtInvitation>> {
    return this.#client.call(apiRoutes.lookAtInvitation, { body: { token } }, options);
  }
}
