import type { OAuthError } from "../../core/errors.ts";
import type { Person } from "../../core/person.ts";
import type { Peer } from "../../http/peer.ts";

/**
 * Changes the password of a person of the built-in directory, where the current one is right. Wrong ones are counted like those
 * of a sign-in. What it changes has the entry `credential.changed`.
 * @returns why nothing was changed, in words for the person; undefined where it was
 */
export type ChangePassword = (
  change: {
    readonly person: Person;
    /** Of their identity in the directory. */
    readonly username: string;
    readonly current: string;
    readonly next: string;
  },
  peer: Peer,
) => Promise<OAuthError | undefined>;
