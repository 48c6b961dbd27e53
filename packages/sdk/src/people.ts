import { apiRoutes, type BodyInput, type InvitationLink, type Person } from "@browservm/contract";
import type { CallOptions, RouteClient } from "./transport/route-client.ts";

/** `/v1/people`: who may sign in to the page. */
export class People {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  async list(options?: CallOptions): Promise<readonly Person[]> {
    return (await this.#client.call(apiRoutes.listPeople, {}, options)).data;
  }

  /** PERSON_NOT_FOUND, LAST_ADMIN, GRANT_TOO_STRONG. */
  change(
    id: string,
    change: BodyInput<typeof apiRoutes.changePerson>,
    options?: CallOptions,
  ): Promise<Person> {
    return this.#client.call(apiRoutes.changePerson, { params: { id }, body: change }, options);
  }

  /** With their sign-ins and keys. PERSON_NOT_FOUND, LAST_ADMIN, GRANT_TOO_STRONG. */
  async remove(id: string, options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.removePerson, { params: { id } }, options);
  }

  /** A one-time link by which they choose a new password. */
  reset(
    id: string,
    request: BodyInput<typeof apiRoutes.resetPerson> = {},
    options?: CallOptions,
  ): Promise<InvitationLink> {
    return this.#client.call(apiRoutes.resetPerson, { params: { id }, body: request }, options);
  }
}
