import { ConfigurationError } from "../core/errors.ts";
import { isOfKubernetes } from "./kubernetes.ts";
import { aliasOf, slipOf } from "./misspelling.ts";
import type { Environment } from "./variables.ts";

const OWN_PREFIX = "GATEHOUSE_";

/** What our names begin with. Others that are read, such as `PORT` and `DATABASE_URL`, are too common for a near miss to say anything. */
const PREFIXES = [OWN_PREFIX, "SIGN_IN_", "OAUTH_", "SCALEKIT_"];

/**
 * Refuses variables whose names are nearly right and would be ignored: a server would start with another sign-in, without a list
 * of who may come in, or with a new secret. Other programs have variables that begin like ours, so only a near miss of a whole name counts.
 * @param known the right names
 * @throws ConfigurationError with the nearest right name
 */
export function refuseMisspelt(environment: Environment, known: readonly string[]): void {
  const families = PREFIXES.map((prefix) => familyOf(prefix, known)).filter(({ names }) => names.length > 0);
  const common = known.filter((name) => !PREFIXES.some((prefix) => name.startsWith(prefix)));
  for (const [name, value] of Object.entries(environment)) {
    const text = value?.trim();
    if (!text || known.includes(name) || isOfKubernetes(name, text)) continue;
    const meant = meantVariable(name, families, common);
    if (meant !== undefined) throw misspelt(name, meant);
  }
}

/** Whether a name is one of ours, or may be a near miss: it begins like them, give or take a letter or two. */
export function beginsLikeOurs(name: string): boolean {
  const letters = name.toLowerCase().replace(/[^a-z]/g, "");
  return BEGINNINGS.some(
    (beginning) =>
      hasFirstLetter(letters, beginning) &&
      [-2, -1, 0, 1, 2].some((more) => slipOf(letters.slice(0, beginning.length + more), [beginning])),
  );
}

/** In its place, one further, or left out: nearly every variable of others ends here, before letters are compared one by one. */
function hasFirstLetter(letters: string, beginning: string): boolean {
  return letters.slice(0, 2).includes(beginning.slice(0, 1)) || letters[0] === beginning[1];
}

const BEGINNINGS = PREFIXES.map((prefix) => prefix.toLowerCase().replace(/[^a-z]/g, ""));

export function misspelt(name: string, meant: string): ConfigurationError {
  return new ConfigurationError(
    `${name} is not a variable of Gatehouse. Did you mean ${meant}? Correct it, or remove it.`,
  );
}

/** The right names with one prefix. */
type Family = {
  readonly prefix: string;
  readonly names: readonly string[];
  /** The names without the prefix. */
  readonly rests: readonly string[];
};

function familyOf(prefix: string, known: readonly string[]): Family {
  const names = known.filter((name) => name.startsWith(prefix));
  return { prefix, names, rests: names.map((name) => name.slice(prefix.length)) };
}

/** @param common right names with none of the prefixes */
function meantVariable(
  name: string,
  families: readonly Family[],
  common: readonly string[],
): string | undefined {
  if (!beginsLikeOurs(name) || isAnothers(name, families)) return undefined;
  const prefix = PREFIXES.find((one) => name.startsWith(one));
  if (prefix === undefined) return nearestName(name, families);
  const rest = name.slice(prefix.length);
  const [own, others] = [
    families.filter((family) => family.prefix === prefix),
    families.filter((family) => family.prefix !== prefix),
  ];
  const meant = nearestRest(rest, own);
  if (meant !== undefined || prefix !== OWN_PREFIX) return meant;
  // GATEHOUSE_SIGN_IN_DENY_EMAILS, and then GATEHOUSE_DENY_EMAILS or GATEHOUSE_DATABASE_URL.
  return (
    nearestName(rest, others) ??
    ownAlias(slipOf(rest, [...others.flatMap(({ rests }) => rests), ...common]), own) ??
    nearestRest(rest, others) ??
    slipOf(rest, common)
  );
}

/** GATEHOUSE_ISSUER is more likely our own than a provider's. */
function ownAlias(rest: string | undefined, own: readonly Family[]): string | undefined {
  const alias = rest && aliasOf(rest);
  return alias && nearestRest(alias, own);
}

function nearestName(name: string, families: readonly Family[]): string | undefined {
  return slipOf(
    name,
    families.flatMap(({ names }) => names),
  );
}

function nearestRest(rest: string, families: readonly Family[]): string | undefined {
  for (const { prefix, rests } of families) {
    const meant = slipOf(rest, rests);
    if (meant !== undefined) return prefix + meant;
  }
  return undefined;
}

/** Whether a name that is nearly ours is plausibly another program's: `OAUTH_JWKS_URL`, or `MY_OAUTH_ISSUER`. */
function isAnothers(name: string, families: readonly Family[]): boolean {
  if (OTHER_NAMES.test(name)) return true;
  const hasOwnPrefix = (right: string) => name.endsWith(`_${right}`) && !name.startsWith(OWN_PREFIX);
  return families.some(({ names }) => names.some(hasOwnPrefix));
}

const OTHER_NAMES =
  /^(SIGN_?(UP|ING|OUT|OFF)|AUTH|(GATEHOUSE_)?ADMIN|OAUTH_JWKS_URL|OAUTH_WELL_KNOWN_URI)(_|$)/i;
