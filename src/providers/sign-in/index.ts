import { auth0Guide } from "./auth0.ts";
import { entraGuide } from "./entra.ts";
import { githubGuide } from "./github.ts";
import { gitlabGuide } from "./gitlab.ts";
import { googleGuide } from "./google.ts";
import { pageNameOf, type SignInGuide } from "./guide.ts";
import { keycloakGuide } from "./keycloak.ts";
import { oidcGuide } from "./oidc.ts";
import { oktaGuide } from "./okta.ts";
import { entraSamlGuide, googleSamlGuide, oktaSamlGuide, samlGuide } from "./saml.ts";
import { scalekitGuide } from "./scalekit.ts";
import { workosGuide } from "./workos.ts";

/** The providers that people can sign in at, for the command and the documents. */
export const SIGN_IN_GUIDES: ReadonlyMap<string, SignInGuide> = new Map(
  [
    googleGuide,
    entraGuide,
    oktaGuide,
    auth0Guide,
    keycloakGuide,
    gitlabGuide,
    scalekitGuide,
    workosGuide,
    githubGuide,
    oidcGuide,
    samlGuide,
    oktaSamlGuide,
    entraSamlGuide,
    googleSamlGuide,
  ].map((guide) => [pageNameOf(guide), guide]),
);
