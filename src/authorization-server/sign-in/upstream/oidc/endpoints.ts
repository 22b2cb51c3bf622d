import type { ClientAuth, ClientMetadata, Configuration, CustomFetch, ServerMetadata } from "openid-client";
import { learnedUrl } from "../../../../config/learned-url.ts";
import type { OidcSettings } from "../../../../config/sign-in/settings.ts";
import { OAuthError } from "../../../../core/errors.ts";
import { authentication } from "../../../../platform/client-authentication.ts";
import type { Clock } from "../../../../platform/clock.ts";
import type { FetchText } from "../../../../platform/fetch-json.ts";
import { json } from "../../../../platform/json.ts";
import { type Discovered, type Discovery, WrongMetadata } from "../../../../platform/provider/discovery.ts";
import { SIGNING_ALGORITHMS } from "../../../../platform/provider/signed-token.ts";
import { type Asked, BrokenOff } from "../provider.ts";
import { authenticationRequest } from "./authentication-request.ts";
import { reasonOf } from "./failures.ts";
import { openidClient } from "./openid-client.ts";

/** What a provider's metadata name, and openid-client set up for it. */
export type Endpoints = {
  authorizationUrl(asked: Asked): Promise<string>;
  /** For one use: it has the time of now. */
  configuration(): Promise<Configuration>;
  jwksUri(): Promise<string>;
  hasUserinfo(): Promise<boolean>;
};

export function createEndpoints(
  settings: OidcSettings,
  discovery: Discovery,
  fetchText: FetchText,
  clock: Clock,
): Endpoints {
  const metadata = async (): Promise<Discovered> => {
    try {
      return await discovery.find();
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      const problem = error instanceof WrongMetadata ? "wrong_answer" : "no_answer";
      throw new BrokenOff(problem, reasonOf(error), { cause: error });
    }
  };
  const endpoint = async (name: string): Promise<string> => {
    const found = await metadata();
    try {
      return learnedUrl(found, name, settings);
    } catch (error) {
      if (error instanceof OAuthError) throw new BrokenOff("wrong_answer", reasonOf(error), { cause: error });
      throw error;
    }
  };
  const hasUserinfo = async () => typeof (await metadata()).document.userinfo_endpoint === "string";
  return {
    hasUserinfo,
    jwksUri: () => endpoint("jwks_uri"),
    async authorizationUrl(asked) {
      const url = new URL(await endpoint("authorization_endpoint"));
      const { document } = await metadata();
      for (const [name, value] of Object.entries(
        await authenticationRequest(asked, settings, document, clock()),
      )) {
        url.searchParams.set(name, value);
      }
      return url.href;
    },
    async configuration() {
      await endpoint("token_endpoint");
      if (await hasUserinfo()) await endpoint("userinfo_endpoint");
      const { document } = await metadata();
      return configure(document, settings, customFetchOf(fetchText), clock);
    },
  };
}

async function configure(
  document: Discovered["document"],
  settings: OidcSettings,
  fetchIt: CustomFetch,
  clock: Clock,
): Promise<Configuration> {
  const client = await openidClient();
  const server = {
    ...document,
    id_token_signing_alg_values_supported: algorithmsOf(document),
  } as ServerMetadata;
  const ours: Partial<ClientMetadata> = {
    [client.clockSkew]: Math.round((clock() - Date.now()) / 1000),
    [client.clockTolerance]: settings.leewaySeconds,
  };
  const prove = clientAuthentication(settings, document, clock);
  const configuration = settings.issuer.includes("{tenantid}")
    ? await client.discovery(ENTRA, settings.clientId, ours, prove, {
        [client.customFetch]: async () => json(server),
      })
    : new client.Configuration(server, settings.clientId, ours, prove);
  // Each URL was checked where it was learned, as those of the options are.
  client.allowInsecureRequests(configuration);
  configuration[client.customFetch] = fetchIt;
  return configuration;
}

/** For metadata from here, openid-client fills the tenant of the token into the issuer. */
const ENTRA = new URL("https://login.microsoftonline.com/organizations/v2.0");

/** Those of ours that the provider names; all of them where it names none. What it names beside them is not accepted. */
function algorithmsOf({
  id_token_signing_alg_values_supported: named,
}: Discovered["document"]): readonly string[] {
  return Array.isArray(named) ? SIGNING_ALGORITHMS.filter((one) => named.includes(one)) : SIGNING_ALGORITHMS;
}

function clientAuthentication(
  { clientId, credentials }: OidcSettings,
  document: Discovered["document"],
  clock: Clock,
): ClientAuth {
  const methods = document.token_endpoint_auth_methods_supported;
  const endpoint = {
    url: String(document.token_endpoint),
    issuer: document.issuer,
    methods: Array.isArray(methods) ? methods : undefined,
  };
  return async (_server, _client, body, headers) => {
    const proof = await authentication(clientId, credentials, endpoint, clock);
    for (const [name, value] of Object.entries(proof.headers)) headers.set(name, value);
    for (const [name, value] of Object.entries(proof.parameters)) body.set(name, value);
  };
}

/** Bounded in time and size, and by the way that everything else goes out. */
function customFetchOf(fetchText: FetchText): CustomFetch {
  return async (url, { method, headers, body }) => {
    const sent = body instanceof URLSearchParams ? body.toString() : undefined;
    const answer = await fetchText(url, { method, headers, ...(sent !== undefined && { body: sent }) });
    const hasNoBody = answer.status === 204 || answer.status === 304;
    return new Response(hasNoBody ? null : answer.text, { status: answer.status, headers: answer.headers });
  };
}
