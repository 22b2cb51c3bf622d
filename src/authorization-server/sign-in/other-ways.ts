import { MAGIC_LINK } from "../../config/sign-in/mail-options.ts";
import type { IdentityRecord, PersonRecord } from "../../store/people-records.ts";
import type { NamedMethod, Proof, SignInMethod } from "./method.ts";
import { PASSKEYS } from "./passkeys/stored-passkey.ts";

/** What is known of a person by their other ways in, for a method that says nothing of them itself. */
export type SaidElsewhere = {
  readonly people: SignInMethod["people"];
  readonly said: Pick<Proof, "profile" | "emails" | "groups" | "claims" | "lacksClaims">;
};

/**
 * Who someone was at their last sign-in. A passkey or a mail lets no one in whom the person's other ways in would not: `admit`
 * holds for it as for the one of them for which it asks least, and what was kept of the person stays.
 */
export function asOtherWays(
  { person, emails, groups }: PersonRecord,
  identities: readonly IdentityRecord[],
  methods: readonly NamedMethod[],
): SaidElsewhere {
  const telling = identities.filter(tells);
  const others = methods.filter(({ proves }) => telling.some(proves));
  const kinds = others.map(({ people }) => people);
  const people = (["own", "members"] as const).find((kind) => kinds.includes(kind)) ?? "public";
  const { id: _id, ...profile } = person;
  return { people, said: { profile, emails, groups, claims: {}, lacksClaims: people !== "own" } };
}

/** Whether any of these says more of a person than that it is theirs; also by a method that this server has no more. */
export function hasTellingWay(identities: readonly IdentityRecord[]): boolean {
  return identities.some(tells);
}

function tells({ method }: IdentityRecord): boolean {
  return method !== MAGIC_LINK && method !== PASSKEYS;
}
