import { z } from "zod";
import { OAuthError } from "../../core/errors.ts";
import { authorizationServerMetadataPaths } from "../../core/metadata.ts";
import type { Clock } from "../clock.ts";
import type { FetchJson } from "../fetch-json.ts";
import { firstAnswer } from "../first-answer.ts";
import { keepMetadata } from "./kept-metadata.ts";

/** Of the provider's metadata (RFC 8414 §2), what a resource server reads; the whole document is handed on to clients. */
const metadata = z.looseObject({
  issuer: z.string(),
  jwks_uri: z.string().nullish(),
  introspection_endpoint: z.string().nullish(),
});
export type ProviderMetadata = z.infer<typeof metadata>;

/** The provider's metadata, fetched when it is first needed: a provider that is down does not stop the start. */
export type Discovery = {
  /** @throws OAuthError `temporarily_unavailable` where it cannot be had and none is kept. */
  find(): Promise<Discovered>;
};

/** A provider's metadata, and which of the forms of its address answered. */
export type Discovered = { readonly url: string; readonly document: ProviderMetadata };

/** There is an answer, and it is not this issuer's metadata: waiting does not help. */
export class WrongMetadata extends OAuthError {}

export function createDiscovery(
  provider: {
    /** Where clients are sent; the document is found from here. */
    readonly authorizationServer: string;
    readonly issuer: string;
    readonly metadataUrl: string | undefined;
  },
  parts: { readonly fetchJson: FetchJson; readonly clock: Clock },
): Discovery {
  const { fetchJson, clock } = parts;
  const urls =
    provider.metadataUrl === undefined ? metadataUrls(provider.authorizationServer) : [provider.metadataUrl];
  const issuers = [provider.authorizationServer, provider.issuer];
  const { find } = keepMetadata(() => firstDocument(urls, issuers, fetchJson), clock);
  return { find };
}

function metadataUrls(issuer: string): readonly string[] {
  const { origin } = new URL(issuer);
  return authorizationServerMetadataPaths(issuer).map((path) => `${origin}${path}`);
}

/** The first form that answers with this issuer's document. */
async function firstDocument(
  urls: readonly string[],
  issuers: readonly string[],
  fetchJson: FetchJson,
): Promise<Discovered> {
  const problems: string[] = [];
  let isWrong = false;
  const ask = async (url: string): Promise<Discovered | undefined> => {
    try {
      const { status, body } = await fetchJson(url);
      const parsed = metadata.safeParse(body);
      // RFC 8414 §3.3: byte for byte, or somebody else's document would decide whom we trust.
      if (status === 200 && parsed.success && issuers.includes(parsed.data.issuer))
        return { url, document: parsed.data };
      isWrong ||= status === 200;
      problems.push(`${url}: ${status === 200 ? problemOf(parsed, issuers) : `status ${status}`}`);
    } catch (cause) {
      problems.push(`${url}: ${cause instanceof OAuthError ? cause.detail : String(cause)}`);
    }
    return undefined;
  };
  const found = await firstAnswer(urls, ask);
  if (found) return found;
  const Failure = isWrong ? WrongMetadata : OAuthError;
  throw new Failure("temporarily_unavailable", "The identity provider's metadata cannot be used.", {
    detail: problems.join("; "),
  });
}

function problemOf(parsed: z.ZodSafeParseResult<ProviderMetadata>, issuers: readonly string[]): string {
  if (parsed.success) return `its issuer is ${parsed.data.issuer}, expected ${issuers[0]}`;
  return "not an authorization server metadata document";
}
