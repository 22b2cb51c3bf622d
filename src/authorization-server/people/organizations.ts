import type { OrganizationSettings } from "../../config/organization-options.ts";
import type { Client } from "../../core/client.ts";
import { jsonCopy } from "../../core/json-copy.ts";
import { type OfferedOrganization, readOrganizations } from "../../core/organization.ts";
import type { Person } from "../../core/person.ts";
import { askOperator, unanswered } from "./ask-operator.ts";

/** What people belong to, as the operator's `organizations` says it. */
export type Organizations = {
  /** What pages call one of them. */
  readonly called: string;
  /** Whether a person who belongs to none can't connect an app. */
  readonly required: boolean;
  /**
   * What a person may let a client act in, in the order of the page. Ask before anything is written.
   * @throws OAuthError `temporarily_unavailable` where the function throws, gives no answer in time, or none that can be used
   */
  offered(person: Person, client: Pick<Client, "id" | "name">): Promise<readonly OfferedOrganization[]>;
};

/** @param milliseconds how long the function may take; what the option says, unless a test cannot wait that long */
export function createOrganizations(
  { of, called, required, timeoutSeconds }: OrganizationSettings,
  milliseconds = timeoutSeconds * 1000,
): Organizations {
  return {
    called,
    required,
    async offered(person, { id, name }) {
      // Read here as well: what it returns may run the operator's code when it is read, as rows of an ORM do.
      const ask = async () => readOrganizations(await of(jsonCopy(person), { id, name }));
      const read = await askOperator("organizations", ask, milliseconds);
      if ("organizations" in read) return read.organizations;
      throw unanswered(`organizations ${read.problem}`);
    },
  };
}
