import { sql } from "kysely";
import { type Given, prepare, type QueryBuilder } from "../query.ts";

/**
 * What a link for a new password that someone asked for by mail is stored as. Of those, a new one ends the ones before it, and not
 * one that the operator made: a stranger can ask for mails.
 */
export const MAILED_PASSWORD = "mailed_password";
/** What links for a new password are stored as: the operator's, and those that were asked for by mail. */
export const PASSWORD_LINKS = ["password", MAILED_PASSWORD] as const;

/** A newer link of the same person, for the same purpose, ends the ones before it. */
export function olderLinksEnd(db: QueryBuilder) {
  return prepare(
    (given: Given<{ purpose: string; personId: string; hash: string }>) =>
      db
        .deleteFrom("one_time_links")
        .where("person_id", "=", given("personId"))
        .where("purpose", "=", given("purpose"))
        .where("hash", "<>", given("hash")),
    () => undefined,
  );
}

/**
 * What ends a person's links in the commit of what makes them old: never by comparing times, since two instances may have two clocks.
 * After the person's row, which who adds a link holds too.
 */
export function passwordLinkEnds(db: QueryBuilder) {
  const ending = (purposes: readonly string[]) =>
    prepare(
      (given: Given<{ personId: string }>) =>
        db
          .deleteFrom("one_time_links")
          .where("person_id", "=", given("personId"))
          .where(
            "purpose",
            "in",
            purposes.map((purpose) => sql.lit(purpose)),
          ),
      () => undefined,
    );
  return {
    /** Those for a new password. */
    endPasswordLinks: ending(PASSWORD_LINKS),
    /** Those, and invitations to choose the first one: where a password is set. */
    endLinksForPassword: ending([...PASSWORD_LINKS, "invitation"]),
  };
}
