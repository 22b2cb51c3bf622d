import type { Admission } from "../../config/admit.ts";
import type { ProvedSignIn } from "../../config/admit-options.ts";
import { decideAdmission } from "../../core/admission.ts";
import { jsonCopy } from "../../core/json-copy.ts";
import { askOperator } from "../people/ask-operator.ts";
import type { Admit } from "./method.ts";

/** @param milliseconds how long the function may take; five seconds, unless a test cannot wait that long */
export function createAdmission({ rules, check }: Admission, milliseconds?: number): Admit {
  return async (method, proof, person, client) => {
    const decision = decideAdmission(rules, method.people, proof);
    if (decision.kind === "refused") {
      return { reason: [decision.why, proof.notCounted].filter((part) => part !== undefined).join("; ") };
    }
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
