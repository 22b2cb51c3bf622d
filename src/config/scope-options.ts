import { z } from "zod";
import { ConfigurationError } from "../core/errors.ts";
import { isScopeToken, OFFLINE_ACCESS, type ScopeCatalogue } from "../core/scopes.ts";
import { declared } from "./declared.ts";
import type { Label } from "./problems.ts";
import { list } from "./variables.ts";

const SCOPES = 'a list of scopes, or scopes with plain words, such as { "todo:read": "See your list" }';

const scope = z
  .string('a scope, such as "todo:read"')
  .refine(isScopeToken, 'a scope without spaces, quotes or backslashes, such as "todo:read"')
  .refine((value) => value !== OFFLINE_ACCESS, "another scope: offline_access is always supported");

export const scopeList = z.array(scope, "a list of scopes");

/** What clients may ask for, the same for every kind of server. */
export const scopeOptions = {
  supportedScopes: z
    .union(
      [
        scopeList.min(1),
        z
          .record(scope, z.string("a few plain words").min(1, "a few plain words"))
          .refine((words) => Object.keys(words).length > 0),
      ],
      SCOPES,
    )
    .optional()
    .register(declared, {
      says: "A list of scopes, or an object: scope → what it lets a client do, in plain words for the consent page.",
      variables: { GATEHOUSE_SUPPORTED_SCOPES: list },
      otherwise: "`mcp`; with a provider, the scopes that it has",
    }),
  requiredScopes: scopeList.optional().register(declared, {
    says: "Scopes that every request needs.",
    more: "They are always granted, and locked on the consent page.",
    variables: { GATEHOUSE_REQUIRED_SCOPES: list },
    otherwise: "`mcp` where it is supported, else none",
  }),
  challengeScopes: scopeList.default([]).register(declared, {
    says: "Scopes that the first challenge and the resource metadata name beside the required ones.",
    more: "Clients then ask for them from the start: for clients that never ask again after a 403. See [troubleshooting](troubleshooting.md).",
    variables: { GATEHOUSE_CHALLENGE_SCOPES: list },
  }),
  scopeImplies: z
    .record(scope, scopeList, "broader scopes with lists of narrower ones")
    .default({})
    .register(declared, { says: "Broader scope → the narrower ones that it includes." }),
};
export type ScopeOptions = z.output<z.ZodObject<typeof scopeOptions>>;

/**
 * @param unsaid what holds where the options say nothing
 * @throws ConfigurationError where a scope is required, challenged or implied that is not supported.
 */
export function catalogueOf(
  parsed: ScopeOptions,
  unsaid: { readonly supported: Readonly<Record<string, string>>; readonly required: readonly string[] },
  label: Label,
): ScopeCatalogue {
  const supported = parsed.supportedScopes ?? unsaid.supported;
  const descriptions = new Map(
    Array.isArray(supported) ? supported.map((one) => [one, one] as const) : Object.entries(supported),
  );
  const required = parsed.requiredScopes ?? unsaid.required.filter((one) => descriptions.has(one));
  const implies = new Map(Object.entries(parsed.scopeImplies));
  const named = {
    requiredScopes: required,
    challengeScopes: parsed.challengeScopes,
    scopeImplies: [...implies].flatMap(([broad, narrow]) => [broad, ...narrow]),
  };
  for (const [option, scopes] of Object.entries(named)) {
    const unknown = scopes.find((one) => !descriptions.has(one));
    if (unknown === undefined) continue;
    throw new ConfigurationError(
      `${label([option])} holds "${unknown}", which is not in supportedScopes. Add it there.`,
    );
  }
  return { descriptions, required, implies };
}
