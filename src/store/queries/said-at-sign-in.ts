import { type ExpressionBuilder, sql } from "kysely";
import type { Given } from "../query.ts";
import type { PersonTable, Schema } from "../schema.ts";

/** A person, as a sign-in says them. */
export type PersonRow = Pick<PersonTable, "id" | "profile" | "emails" | "groups" | "found_by"> & {
  now: number;
  askedAt: number;
};

/** Signed out while this sign-in was on its way: it is of before. So is what is of the same millisecond, for all one can tell. */
export function notSignedOutSince(given: Given<{ askedAt: number }>) {
  return (eb: ExpressionBuilder<Schema, "people">) =>
    eb.or([eb("people.signed_out_at", "is", null), eb("people.signed_out_at", "<", given("askedAt"))]);
}

/** What a sign-in says of a person who is new. */
export function profile(given: Given<PersonRow>) {
  return {
    profile: given("profile"),
    emails: given("emails"),
    groups: given("groups"),
    found_by: given("found_by"),
    signed_in_at: given("now"),
  };
}

/** What a sign-in says, except of a person of whom the operator says it. */
export function profileUnlessSaid(given: Given<PersonRow>) {
  return (eb: ExpressionBuilder<Schema, "people">) => {
    const unlessSaid = (column: "profile" | "emails" | "groups" | "found_by") =>
      eb
        .case()
        .when("people.said_by_operator", "=", sql.lit(1))
        .then(eb.ref(`people.${column}`))
        .else(given(column))
        .end();
    return {
      profile: unlessSaid("profile"),
      emails: unlessSaid("emails"),
      groups: unlessSaid("groups"),
      found_by: unlessSaid("found_by"),
      signed_in_at: given("now"),
    };
  };
}
