import { redirectUriOf } from "../../../core/upstream-urls.ts";
import type { Reached, ReachParts } from "../reach.ts";
import { BrokenOff } from "../upstream/provider.ts";
import type { Company } from "./company.ts";
import { createIdentityProvider } from "./identity-provider.ts";

/** Asks for a company's metadata as a sign-in does. */
export async function reachMetadata(company: Company, parts: ReachParts): Promise<Reached> {
  const acs = `the ACS URL to register there is ${redirectUriOf(parts.issuer, company.name)}`;
  try {
    const { certificates } = await createIdentityProvider(company, parts).find();
    const where = company.metadata.kind === "url" ? company.metadata.url : "the metadata";
    const keys = `${certificates.length} ${certificates.length === 1 ? "key" : "keys"}`;
    return { result: "ok", detail: `${where} has ${keys} of ${company.entityId}; ${acs}` };
  } catch (error) {
    if (!(error instanceof BrokenOff)) throw error;
    return { result: "failed", detail: `${error.message}; ${acs}`, advice: ADVICE };
  }
}

const ADVICE =
  "Check metadata and entityId. If the URL is reached only through a proxy, set HTTPS_PROXY; if only without, name its host in NO_PROXY.";
