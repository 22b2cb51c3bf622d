import { ConfigurationError } from "../core/errors.ts";
import type { Person } from "../core/person.ts";
import { aFunction } from "./basic-schemas.ts";
import { declared } from "./declared.ts";

/**
 * Whether a person may still use the server. Where it throws, or gives no answer in five seconds, the request is answered
 * 503 and nothing changes.
 */
export type IsActive = (person: Person) => boolean | Promise<boolean>;

/** What holds for people, however they sign in. */
export const peopleOptions = {
  isActive: aFunction<IsActive>().optional().register(declared, {
    says: "Your own function that says whether a person may still use the server: `(person) => boolean`.",
    more: "Asked at each sign-in, approval, exchange of a code and refresh. `false` ends the grant. An error, no answer within five seconds, or anything but true or false is 503, and the same code or refresh token works again later. Programs (`client_credentials`) are not people, and it is not asked about them.",
    otherwise: "everyone may",
  }),
};

/** What a provider says of its people. */
export type SaysWhosePeople = {
  readonly issuer: string;
  readonly personPrefix?: string | undefined;
  readonly samePeople: boolean;
};

/**
 * Settles what stands before the ids of each further issuer's people. An id is unique at its issuer only: two of equal
 * ids would be one person, so each says whether they are.
 * @param first whose ids are as they are
 * @throws ConfigurationError where one does not say it, or two prefixes are the same
 */
export function tellPeopleApart<Provider extends SaysWhosePeople>(
  first: { readonly issuer: string; readonly personPrefix: string },
  further: readonly Provider[],
): readonly (Omit<Provider, "personPrefix"> & { readonly personPrefix: string })[] {
  const issuerOf = new Map<string, string>();
  const claim = (prefix: string, issuer: string): string => {
    // Ignoring case: who reads a log or a database takes the two for one.
    const other = issuerOf.get(prefix.toLowerCase());
    if (other !== undefined) throw samePrefix(other, issuer, prefix);
    issuerOf.set(prefix.toLowerCase(), issuer);
    return prefix;
  };
  if (first.personPrefix !== "") claim(first.personPrefix, first.issuer);
  return further.map((provider) => {
    const { issuer, personPrefix, samePeople } = provider;
    if (personPrefix !== undefined && samePeople) {
      throw new ConfigurationError(
        `The provider ${issuer} has both personPrefix and samePeople. Keep one of them.`,
      );
    }
    if (samePeople) return { ...provider, personPrefix: first.personPrefix };
    if (personPrefix === undefined) throw neither(issuer, first.issuer);
    return { ...provider, personPrefix: claim(personPrefix, issuer) };
  });
}

function neither(issuer: string, first: string): ConfigurationError {
  const [name = "idp"] = new URL(issuer).hostname.split(".");
  return new ConfigurationError(
    `The provider ${issuer} has neither personPrefix nor samePeople, and the same id may be someone else at ${first}. ` +
      `Set personPrefix: "${name}:" to keep its people apart, or samePeople: true where an equal id is the same person.`,
  );
}

function samePrefix(one: string, other: string, prefix: string): ConfigurationError {
  return new ConfigurationError(
    `The providers ${one} and ${other} have the same personPrefix "${prefix}". Give each its own.`,
  );
}
