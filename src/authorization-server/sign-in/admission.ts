import type { Admission } from "../../config/admit.ts";
import type { ProvedSignIn } from "../../config/admit-options.ts";
import { decideAdmission } from "../../core/admission.ts";
import type { ClientIdentity } from "../../core/client.ts";
import { jsonCopy } from "../../core/json-copy.ts";
import type { Person } from "../../core/person.ts";
import { askOperator } from "../people/ask-operator.ts";
import type { Proof, SignInMethod } from "./method.ts";

/**
 * Whether a person who has proved who they are may come in, by the operator's lists and function.
 * @param person what tools would get
 * @param client the app that wants to connect; undefined at the account page
 * @returns the reason, for the log, where they may not: it names lists and never the person's addresses
 * @throws OAuthError `temporarily_unavailable` where the function gives no answer
 */
export type Admit = (
  method: Pick<SignInMethod, "name" | "people">,
  proof: Pick<Proof, "emails" | "groups" | "claims" | "isNarrowed" | "lacksClaims">,
  person: Person,
  client: ClientIdentity | undefined,
) => Promise<"admitted" | { readonly reason: string }>;

/** @param milliseconds how long the function may take; five seconds, unless a test cannot wait that long */
export function createAdmission({ rules, check }: Admission, milliseconds?: number): Admit {
  return async (method, proof, person, client) => {
    const decision = decideAdmission(rules, method.people, proof);
    if (decision.kind === "refused") return { reason: decision.why };
    if (check === undefined) return "admitted";
    const { emails, groups, claims, isNarrowed = false } = proof;
    const signIn: ProvedSignIn = { method: method.name, emails, groups, claims, isNarrowed };
    const ask = () => check(jsonCopy(person), jsonCopy(client), jsonCopy(signIn));
    const answer = await askOperator("admit.check", ask, milliseconds);
    if (answer === true) return "admitted";
    if (answer === false) return { reason: "admit.check returned false" };
    const what = answer === null ? "null" : typeof answer;
    return { reason: `admit.check must return true or false, and returned ${what}` };
  };
}
