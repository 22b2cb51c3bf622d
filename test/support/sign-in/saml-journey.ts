import { type SamlOptions, saml } from "../../../src/authorization-server/sign-in/index.ts";
import type { OAuthServerOptions } from "../../../src/config/options-schema.ts";
import type { TestServer } from "../server.ts";
import { type AtProvider, goToProvider, startSignInServer } from "./journey.ts";
import { openNetwork } from "./network.ts";
import {
  metadataOf,
  type ResponseChanges,
  readRequest,
  responseTo,
  type SamlRequest,
  samlForm,
} from "./saml-idp.ts";

/** What `acme` is, unless a test says otherwise. */
export const ACME: SamlOptions = {
  metadata: metadataOf(),
  name: "acme",
  label: "Acme",
  domains: ["acme.com"],
  groups: "groups",
};

export function startSamlServer(
  companies: readonly Partial<SamlOptions>[] = [{}],
  options: OAuthServerOptions = {},
): Promise<TestServer> {
  const methods = companies.map((company) => saml({ ...ACME, ...company } as SamlOptions));
  return startSignInServer(methods, openNetwork(), options);
}

/** A browser at the identity provider. */
export type AtIdp = AtProvider & { readonly request: SamlRequest };

export async function goToIdp(
  server: TestServer,
  name = "acme",
  how: Parameters<typeof goToProvider>[2] = {},
): Promise<AtIdp> {
  const there = await goToProvider(server, name, how);
  return { ...there, request: readRequest(there.providerUrl) };
}

/** The identity provider's form, as a browser posts it from another site: without our cookies. */
export async function postForm(
  server: TestServer,
  form: URLSearchParams,
  name = "acme",
  address?: string,
): Promise<Response> {
  const url = `${server.settings.issuer}/oauth/callback/${name}`;
  return server.fetch(
    new Request(url, {
      method: "POST",
      body: form.toString(),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        origin: "https://idp.acme.com",
        "sec-fetch-site": "cross-site",
      },
      redirect: "manual",
    }),
    address === undefined ? undefined : { address },
  );
}

/** Answers a request with this document: where the browser ends. */
export async function answerWith(
  server: TestServer,
  { browser, request }: AtIdp,
  xml: string,
): Promise<Response> {
  const posted = await postForm(server, samlForm(xml, request.relayState));
  const location = posted.headers.get("location");
  return location === null ? posted : browser.request(location);
}

/** The whole way there and back. */
export async function signInBySaml(
  server: TestServer,
  changes: ResponseChanges = {},
  how: Parameters<typeof goToProvider>[2] = {},
): Promise<AtIdp & { readonly response: Response }> {
  const there = await goToIdp(server, "acme", how);
  const xml = responseTo(there.request, { now: server.now(), ...changes });
  return { ...there, response: await answerWith(server, there, xml) };
}
