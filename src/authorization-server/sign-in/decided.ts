import type { ClientIdentity } from "../../core/client.ts";
import type { OAuthError } from "../../core/errors.ts";
import type { Person } from "../../core/person.ts";
import type { Next } from "../interaction/interactions.ts";
import type { Proved } from "./method.ts";

/** Whether a person whom a method has proved may come in. */
export type Admit = (
  proved: Pick<Proved, "method" | "proof">,
  person: Person,
  client: ClientIdentity | undefined,
) => Promise<"admitted" | { readonly reason: string }>;

/** Where a sign-in leads: on, or out. */
export type Decided = { readonly next: Next } | { readonly refused: Refused };

/** Why a person may not come in. */
export type Refused = {
  readonly person: Person;
  /** For the log. */
  readonly reason: string;
  /** For the person. */
  readonly error: OAuthError;
};
