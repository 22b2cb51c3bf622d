import { randomBytes } from "node:crypto";
import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "@modelcontextprotocol/client";

/** What an application keeps for the SDK's client, and what this one saw. */
export type TestProvider = OAuthClientProvider & {
  /** Every authorize URL that the person was sent to. */
  readonly authorizeUrls: readonly URL[];
  /** Where the person came back to last, with `code`, `state` and `iss`. */
  callback(): URLSearchParams;
  currentTokens(): StoredOAuthTokens;
  clientId(): string | undefined;
};

type ProviderOptions = {
  /** A person with a browser: gets an authorize URL, hands over the address that they come back to. */
  readonly person: (authorizeUrl: URL) => Promise<URL>;
  readonly metadata?: Partial<OAuthClientMetadata>;
  /** A client that was registered beforehand and cannot register itself. */
  readonly preregistered?: StoredOAuthClientInformation;
};

const REDIRECT_URL = "http://localhost:8765/callback";

export function createProvider({ person, metadata, preregistered }: ProviderOptions): TestProvider {
  const authorizeUrls: URL[] = [];
  let client = preregistered;
  let tokens: StoredOAuthTokens | undefined;
  let verifier = "";
  let state = "";
  let discovery: OAuthDiscoveryState | undefined;
  let cameBack: URL | undefined;
  return {
    authorizeUrls,
    redirectUrl: REDIRECT_URL,
    clientMetadata: {
      client_name: "SDK client",
      redirect_uris: [REDIRECT_URL],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      ...metadata,
    },
    state: () => {
      state = randomBytes(12).toString("base64url");
      return state;
    },
    clientInformation: () => client,
    ...(preregistered === undefined && {
      saveClientInformation: (registered: StoredOAuthClientInformation) => {
        client = registered;
      },
    }),
    tokens: () => tokens,
    saveTokens: (issued) => {
      tokens = issued;
    },
    codeVerifier: () => verifier,
    saveCodeVerifier: (made) => {
      verifier = made;
    },
    discoveryState: () => discovery,
    saveDiscoveryState: (found) => {
      discovery = found;
    },
    invalidateCredentials: (what) => {
      if (what === "all" || what === "client") client = preregistered;
      if (what === "all" || what === "tokens") tokens = undefined;
      if (what === "all" || what === "discovery") discovery = undefined;
    },
    redirectToAuthorization: async (url) => {
      authorizeUrls.push(url);
      cameBack = await person(url);
    },
    callback: () => {
      if (!cameBack) throw new Error("nobody was sent to authorize");
      if (cameBack.searchParams.get("state") !== state) throw new Error(`another state: ${cameBack.href}`);
      return cameBack.searchParams;
    },
    currentTokens: () => {
      if (!tokens) throw new Error("there are no tokens");
      return tokens;
    },
    clientId: () => client?.client_id,
  };
}
