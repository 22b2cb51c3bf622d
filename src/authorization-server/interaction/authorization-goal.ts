import type { Goals } from "../sign-in/goals.ts";
import type { Interactions } from "./interactions.ts";
import { identityIn } from "./sealed-request.ts";

/** Signing in for an authorization request: it goes on to its next step. */
export function authorizationGoals(interactions: Pick<Interactions, "open" | "newSignIn">): Goals {
  return {
    async open(request, sealed = "") {
      const asked = await interactions.open(request, sealed);
      return {
        visit: {
          sealed,
          client: identityIn(asked),
          loginHint: asked.loginHint,
          signInAfter: asked.signInAfter,
        },
        newSignIn: (from, details) => interactions.newSignIn(from, asked, details),
      };
    },
  };
}
