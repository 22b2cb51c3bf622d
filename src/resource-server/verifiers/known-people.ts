import type { Auth } from "../../core/auth.ts";
import type { PersonRecord } from "../../store/people-records.ts";
import type { Store } from "../../store/store.ts";
import type { Verify, VerifyProviderToken } from "./by-issuer.ts";

/** What is asked about the people of this server. */
export type KnownPeople = Pick<Store, "findByToken" | "findPerson" | "listIdentities">;

/**
 * Whom a provider's token is about, here. Where an identity has its issuer and subject, that is the identity's person: the id
 * is theirs, and so is the profile, to which the token adds what it lacks. Anyone else keeps the id that the provider's
 * options make. The person, and the one who has that id, must not be disabled.
 *
 * It is asked when a token is verified. The guard remembers the answer until it hears that a person changed.
 * @param issuers every spelling of the provider's `iss`: the identity may have another one than the token
 */
export function recognizePeople(
  verify: VerifyProviderToken,
  issuers: readonly string[],
  people: KnownPeople,
): Verify {
  return async (token) => {
    const verification = await verify(token);
    if (verification.kind !== "verified") return verification;
    const { subject, ...verified } = verification;
    const { auth } = verified;
    const { proven, sameId } = await find(subject, auth.person.id, issuers, people);
    const disabled = [proven, sameId].find((record) => record !== undefined && record.disabledAt !== null);
    if (disabled) return { kind: "person_disabled", about: aboutDisabled(auth, disabled) };
    // A row that has only the same id says nothing of who this is: a username may look like a provider's id.
    if (!proven) return verified;
    return { ...verified, auth: { ...auth, person: { ...auth.person, ...proven.person } } };
  };
}

type Found = {
  /** Whom an identity of this issuer and subject proves. */
  readonly proven: PersonRecord | undefined;
  readonly sameId: PersonRecord | undefined;
};

async function find(
  subject: string | undefined,
  id: string,
  issuers: readonly string[],
  people: KnownPeople,
): Promise<Found> {
  if (subject === undefined) return { proven: undefined, sameId: await people.findPerson(id) };
  const answers = await Promise.all(issuers.map((issuer) => people.findByToken({ issuer, subject, id })));
  const other = answers.find((record) => record !== undefined && record.person.id !== id);
  // Only an identity leads to another id.
  if (other) return { proven: other, sameId: await people.findPerson(id) };
  const sameId = answers.find((record) => record !== undefined);
  if (!sameId) return { proven: undefined, sameId };
  const identities = await people.listIdentities(id);
  const isProven = identities.some((one) => issuers.includes(one.issuer) && one.subject === subject);
  return { proven: isProven ? sameId : undefined, sameId };
}

function aboutDisabled({ issuer, client }: Auth, { person }: PersonRecord) {
  return { issuer, client: client.id, person: person.id };
}

/** A provider, as far as its people's ids go. */
type IdsOfProvider = {
  readonly issuer: string;
  readonly issuerAliases: readonly string[];
  readonly personPrefix: string;
  /** What its people's ids are made of. */
  readonly claims: { readonly person: readonly string[] };
};

/**
 * Whether one of our own people, whose id begins with a provider's prefix, is that person of the provider: they signed in
 * through it, and the id was made of its subject, so that what tools keep under the id stays theirs. Where the provider's ids
 * are made of another claim, no identity keeps it: the operator's `personId` made the id, and not `checkUser`.
 */
export function tellsProven(
  providers: readonly IdsOfProvider[],
  people: Pick<KnownPeople, "listIdentities">,
): (personId: string, prefix: string) => Promise<boolean> {
  return async (personId, prefix) => {
    const theirs = providers.filter(({ personPrefix }) => personPrefix === prefix);
    const identities = await people.listIdentities(personId);
    const isSaidHere = identities.some(({ issuer, subject }) => issuer === "" && subject === personId);
    return theirs.some(({ issuer, issuerAliases, claims }) =>
      identities
        .filter((one) => [issuer, ...issuerAliases].includes(one.issuer))
        .some(({ subject }) =>
          claims.person.every((name) => name === "sub") ? prefix + subject === personId : !isSaidHere,
        ),
    );
  };
}
