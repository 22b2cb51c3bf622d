import { OAuthError } from "../../../core/errors.ts";
import { shown } from "../../../core/shown.ts";
import type { Clock } from "../../../platform/clock.ts";
import { fetchTextBy, type PlainFetch } from "../../../platform/fetch-json.ts";
import { keepMetadata } from "../../../platform/provider/kept-metadata.ts";
import { BrokenOff } from "../upstream/provider.ts";
import type { Company } from "./company.ts";
import { type IdpMetadata, MetadataProblem, readMetadata, ssoUrlProblem } from "./metadata.ts";

/** One company's identity provider, as its metadata has it now. */
export type IdentityProvider = {
  /** @throws BrokenOff where they cannot be had or used */
  find(): Promise<IdpMetadata>;
  /**
   * Newer ones than these, where there are any: its keys may have changed.
   * @throws BrokenOff where they cannot be used
   */
  findNewer(known: IdpMetadata): Promise<IdpMetadata | undefined>;
};

/** A wrong signature is anyone's to send: so often it may make us ask again. */
const SOONEST_MS = 60 * 1000;
const TIMEOUT_MS = 10_000;

export function createIdentityProvider(
  settings: Pick<Company, "metadata" | "entityId" | "allowInsecure">,
  parts: { readonly fetch: PlainFetch; readonly clock: Clock },
): IdentityProvider {
  const { metadata } = settings;
  const usable = (found: IdpMetadata): IdpMetadata => usableNow(found, settings, parts.clock());
  if (metadata.kind === "read") {
    const { document } = metadata;
    return { find: async () => usable(document), findNewer: async () => undefined };
  }
  const { url } = metadata;
  const fetchText = fetchTextBy(parts.fetch, TIMEOUT_MS);
  const { find, ask, askedAt } = keepMetadata(() => fetchMetadata(url, settings, fetchText), parts.clock);
  return {
    find: async () => usable(await find()),
    async findNewer(known) {
      if (parts.clock() - askedAt() < SOONEST_MS) return undefined;
      const found = usable(await ask());
      return found.certificates.join() === known.certificates.join() ? undefined : found;
    },
  };
}

async function fetchMetadata(
  url: string,
  { entityId }: Pick<Company, "entityId">,
  fetchText: ReturnType<typeof fetchTextBy>,
): Promise<IdpMetadata> {
  const { status, text } = await fetchText(url, {
    headers: { Accept: "application/samlmetadata+xml, */*;q=0.8" },
  }).catch((error: unknown) => {
    if (!(error instanceof OAuthError)) throw error;
    throw new BrokenOff("no_answer", error.detail ?? error.message, { cause: error });
  });
  if (status !== 200) {
    const problem = status >= 500 || status === 429 ? "no_answer" : "wrong_answer";
    throw new BrokenOff(problem, `the metadata URL answered ${status}`);
  }
  const found = readFetched(text);
  // Or the metadata of one company could speak for the people of another one.
  if (found.entityId !== entityId) {
    throw new BrokenOff(
      "wrong_answer",
      `the metadata is that of ${shown(found.entityId)}, expected ${shown(entityId)}`,
    );
  }
  return found;
}

function readFetched(text: string): IdpMetadata {
  try {
    return readMetadata(text);
  } catch (error) {
    if (error instanceof MetadataProblem)
      throw new BrokenOff("wrong_answer", `the metadata can't be used: ${error.message}`);
    throw error;
  }
}

function usableNow(
  found: IdpMetadata,
  { allowInsecure }: Pick<Company, "allowInsecure">,
  now: number,
): IdpMetadata {
  if (found.validUntil !== undefined && found.validUntil <= now) {
    throw new BrokenOff(
      "wrong_answer",
      "the metadata has expired (validUntil): fetch it from the identity provider again",
    );
  }
  const wrongUrl = ssoUrlProblem(found.ssoUrl, allowInsecure);
  if (wrongUrl !== undefined)
    throw new BrokenOff("wrong_answer", `the metadata ${wrongUrl.replace(/^names/, "name")}`);
  return found;
}
