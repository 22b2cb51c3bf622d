/**
 * Who signed in, as `checkUser` said it. `id` is stable and never shown to other people; anything beside it is carried
 * in the grant and handed to tool handlers.
 */
export type Person = {
  readonly id: string;
  readonly name?: string;
  readonly email?: string;
  readonly [claim: string]: unknown;
};

/** Of a person as JSON: they are carried sealed through URLs and kept in every grant, so they stay small. */
export const MOST_PERSON_BYTES = 2048;

/** What to call a person on a page: the name they know themselves by, else the id. */
export function displayName(person: Person): string {
  return person.name ?? person.email ?? person.id;
}
