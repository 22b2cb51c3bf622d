import { type SamlOptions, type SamlSettings, samlSignIn } from "../../../config/sign-in/saml-options.ts";
import { ConfigurationError } from "../../../core/errors.ts";
import {
  callbackPathOf,
  redirectUriOf,
  samlEntityIdOf,
  samlMetadataPathOf,
} from "../../../core/upstream-urls.ts";
import type { Route } from "../../../http/route.ts";
import { urlOf } from "../../../http/route.ts";
import { isSecureUrl } from "../../../platform/addresses.ts";
import type { MethodParts, OpenMethod, SignInMethod } from "../method.ts";
import { beginRoute } from "../upstream/begin.ts";
import { BrokenOff } from "../upstream/provider.ts";
import { createSignInTransactions } from "../upstream/sign-in-transactions.ts";
import { beginPathOf, beginUrl } from "../upstream/upstream-method.ts";
import { createAnswers } from "./answers.ts";
import { authnRequestUrl } from "./authn-request.ts";
import { samlCallbackRoute } from "./callback.ts";
import { type Company, companyOf, refuseExpired } from "./company.ts";
import { createIdentityProvider, type IdentityProvider } from "./identity-provider.ts";
import { SAML } from "./names.ts";
import { nodeSaml } from "./node-saml.ts";
import { createRelayStates } from "./relay-states.ts";
import { spMetadataRoute } from "./sp-metadata.ts";

/**
 * Sign-in with a company's own identity provider, by SAML 2.0. Needs the package `@node-saml/node-saml`. For several companies, use it
 * several times, each with a `name` and its `domains`: then people type their address, and its domain picks the company.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { createOAuthServer } from "mcp-gatehouse";
 * import { saml } from "mcp-gatehouse/sign-in";
 *
 * const server = createOAuthServer("my-app", {
 *   signIn: [
 *     saml({
 *       metadata: "https://acme.okta.com/app/exk1a2b3c4d5/sso/saml/metadata",
 *       entityId: "http://www.okta.com/exk1a2b3c4d5",
 *       label: "Acme",
 *       domains: ["acme.com"],
 *     }),
 *   ],
 * });
 * ```
 */
export function saml(options: SamlOptions): SignInMethod {
  return samlMethod(samlSignIn.parse(options));
}

/** The method of these settings. */
export function samlMethod(settings: SamlSettings): SignInMethod {
  const company = companyOf(settings);
  const { name, label, people, groups, entityId, domains } = company;
  return {
    name,
    label,
    people,
    saysGroups: groups !== undefined,
    saysAddresses: domains.length > 0,
    identityIssuer: entityId,
    domains,
    async open(parts) {
      if (!isSecureUrl(parts.issuer)) {
        throw new ConfigurationError(
          `${name}: sign-in with SAML needs an https:// publicUrl (http:// on this computer only): otherwise anyone on the network could read the identity provider's response.`,
        );
      }
      refuseExpired(company, parts.clock());
      await nodeSaml();
      return openSaml(company, parts);
    },
  };
}

function openSaml(settings: Company, parts: MethodParts): OpenMethod {
  const { name, label, people, entityId, domains } = settings;
  const here = { entityId: samlEntityIdOf(parts.issuer, name), acsUrl: redirectUriOf(parts.issuer, name) };
  const identityProvider = createIdentityProvider(settings, parts);
  const relayStates = createRelayStates(name, parts);
  const common = {
    ...parts,
    settings,
    here,
    identityProvider,
    method: { name, label, people },
    relayStates,
    transactions: createSignInTransactions({ ...parts, newState: relayStates.make }),
    answers: createAnswers(name, parts),
    redirectUri: here.acsUrl,
    provider: {
      authorizationUrl: async (asked: Parameters<typeof authnRequestUrl>[0]) =>
        authnRequestUrl(asked, await identityProvider.find(), settings, here),
    },
  };
  const routes: readonly Route[] = [
    beginRoute(beginPathOf(name), common),
    samlCallbackRoute(callbackPathOf(name), common),
    spMetadataRoute(samlMetadataPathOf(name), settings, here),
  ];
  const begin = urlOf(parts.issuer, beginPathOf(name));
  return {
    panel: { kind: "button", url: (visit) => beginUrl(begin, visit), domains },
    routes,
    proves: (identity) => identity.method === SAML && identity.issuer === entityId,
    async started() {
      parts.log.info(`${name}: this server's metadata, for the identity provider, is at ${here.entityId}`);
      // Not waited for: the server starts while an identity provider is down.
      if (settings.metadata.kind === "url") void reportMissing(name, identityProvider, parts.log);
    },
  };
}

/** An address that is wrong should show before the first person comes. */
async function reportMissing(
  name: string,
  identityProvider: Pick<IdentityProvider, "find">,
  log: Pick<MethodParts["log"], "info">,
): Promise<void> {
  try {
    await identityProvider.find();
  } catch (cause) {
    const reason = cause instanceof BrokenOff ? cause.message : "it failed";
    log.info(
      `${name}: no one can sign in with it now, because its metadata could not be fetched. The server asks for it again at each sign-in.`,
      { reason },
    );
  }
}
