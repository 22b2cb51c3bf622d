import { wrongValue } from "../../config/problems.ts";
import { domainEntryText, overlaps } from "../../core/email-address.ts";
import { ConfigurationError } from "../../core/errors.ts";
import type { SignInMethod } from "./method.ts";
import { isSecondFactor, methodsIn, type SecondFactor, type SignInPart } from "./second-factor.ts";

/** How people sign in, and what they prove after a password or a mail link. */
export type SignInList = {
  /** In the order of the page. */
  readonly methods: readonly SignInMethod[];
  readonly factor: SecondFactor | undefined;
};

/**
 * Reads the list that the code gives.
 * @throws ConfigurationError where it is none, has no method, two of one name, one entity ID or one domain, two second factors, or one that comes after nothing
 */
export function readSignInList(given: readonly SignInPart[]): SignInList {
  requireParts(given);
  const methods = methodsIn(given);
  const [factor, second] = given.filter(isSecondFactor);
  if (second) {
    throw new ConfigurationError(
      `signIn has two second factors, ${factor?.name}() and ${second.name}(). Keep one of them.`,
    );
  }
  refuseEqualIssuers(methods);
  refuseSharedDomains(methods);
  if (factor) refuseIdle(factor, methods);
  refuseNoFirstWayIn(methods);
  return { methods, factor };
}

function requireParts(parts: unknown): asserts parts is readonly SignInPart[] {
  const isPart = (one: unknown): one is SignInPart =>
    typeof one === "object" && one !== null && "open" in one && "name" in one;
  if (Array.isArray(parts) && parts.length > 0 && parts.every(isPart)) return refuseEqualNames(parts);
  const index = Array.isArray(parts) ? parts.findIndex((one) => typeof one === "function") : -1;
  if (Array.isArray(parts) && index >= 0) {
    throw new ConfigurationError(`signIn[${index}] is a function: call it, ${parts[index].name}().`);
  }
  const other = Array.isArray(parts) ? parts.findIndex((one) => !isPart(one)) : -1;
  if (Array.isArray(parts) && other >= 0) {
    throw wrongValue(
      `signIn[${other}]`,
      parts[other],
      "a sign-in method, such as users() or password(checkUser), from mcp-gatehouse/sign-in",
    );
  }
  throw wrongValue(
    "signIn",
    parts,
    "a list of sign-in methods, such as [users()] or [password(checkUser)], from mcp-gatehouse/sign-in",
  );
}

/** A name is in the URLs of a method, and says in the log which one it was. */
function refuseEqualNames(parts: readonly SignInPart[]): void {
  const names = parts.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return;
  const takesName = parts.some((part) => part.name === twice && hasOptionName(part));
  throw new ConfigurationError(
    `signIn has two methods with the name "${twice}". ${takesName ? "Give one of them another name." : "Keep one of them."}`,
  );
}

/** Those of a provider or a company take a name: a server may have several of them. */
function hasOptionName(part: SignInPart): boolean {
  return "provider" in part || "identityIssuer" in part;
}

/** No one could ever come to have it. */
function refuseNoFirstWayIn(methods: readonly SignInMethod[]): void {
  const [first] = methods;
  if (first === undefined || methods.some(({ comesAfterAnother = false }) => !comesAfterAnother)) return;
  throw new ConfigurationError(
    `signIn has only ${first.name}(), which people can add only once they are signed in or invited. Add another way to sign in, such as users().`,
  );
}

/** One company could sign in as the people of another one. */
function refuseEqualIssuers(methods: readonly SignInMethod[]): void {
  const issuers = methods.flatMap(({ name, identityIssuer: issuer }) =>
    issuer === undefined ? [] : [{ name, issuer }],
  );
  const second = issuers.find(({ issuer }, i) => issuers.findIndex((one) => one.issuer === issuer) < i);
  if (second === undefined) return;
  const first = issuers.find(({ issuer }) => issuer === second.issuer);
  throw new ConfigurationError(
    `signIn has ${first?.name} and ${second.name} with the same entity ID, ${JSON.stringify(second.issuer)}. Each company's metadata must have its own.`,
  );
}

/** An address leads to one company: the people of the second one would be sent to the first. */
function refuseSharedDomains(methods: readonly SignInMethod[]): void {
  const claims = methods.flatMap(({ name, domains = [] }) => domains.map((domain) => ({ name, domain })));
  for (const [index, { name, domain }] of claims.entries()) {
    const other = claims
      .slice(index + 1)
      .find((claim) => claim.name !== name && overlaps(claim.domain, domain));
    if (!other) continue;
    const [one, two] = [domain, other.domain].map(domainEntryText);
    const what = one === two ? one : `${one} and ${two}, which overlap`;
    throw new ConfigurationError(
      `signIn has ${name} and ${other.name} with the same people in domains: ${what}. An address leads to one company, so give each its own.`,
    );
  }
}

/** The operator takes it for a protection, and no one is ever asked for it. */
function refuseIdle({ name, groups }: SecondFactor, methods: readonly SignInMethod[]): void {
  if (!methods.some(({ isOneFactor = false }) => isOneFactor)) {
    const others = methods.map((method) => method.name).join(" and ");
    throw new ConfigurationError(
      others === ""
        ? `signIn has ${name}() and no way to sign in before it. Add one, such as users().`
        : `${name}() would do nothing: it comes after a password or a mail link, and signIn has only ${others}. Add users(), or leave it out.`,
    );
  }
  if (groups && methods.every(({ saysGroups = true }) => !saysGroups)) {
    const all = methods.map((method) => method.name).join(" and ");
    throw new ConfigurationError(
      `${name}({ required: { groups } }) would do nothing: ${all} never says a person's groups. Write required: "all" or "choice".`,
    );
  }
}
