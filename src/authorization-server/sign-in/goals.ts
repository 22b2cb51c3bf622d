import type { BegunSignIn } from "../interaction/interactions.ts";
import type { SignInDetails } from "../people/browser-binding.ts";
import type { Visit, Visits } from "./method.ts";

/** What a sign-in is for: an authorization request, or the account page. */
export type Goal = {
  readonly visit: Visit;
  /** A person has proved who they are. It counts once its session, if it has one, is kept. */
  newSignIn(request: Request, details: SignInDetails): BegunSignIn;
};

export type Goals = {
  /** @throws OAuthError for a page: what the browser carries is unreadable, over time, or began elsewhere. */
  open(request: Request, sealed: string | undefined): Promise<Goal>;
};

/** What methods see of the goals. */
export function visitsOf({ open }: Goals): Visits {
  return { open: async (request, sealed) => (await open(request, sealed)).visit };
}
