import { readFileSync } from "node:fs";
import type { MetadataPlace, SamlSettings } from "../../../config/sign-in/saml-options.ts";
import { ConfigurationError } from "../../../core/errors.ts";
import { type IdpMetadata, MetadataProblem, readMetadata, ssoUrlProblem } from "./metadata.ts";

/** What is known of a company before anyone signs in: its settings, and which identity provider speaks for its people. */
export type Company = Omit<SamlSettings, "metadata" | "entityId"> & {
  readonly entityId: string;
  readonly metadata:
    | { readonly kind: "url"; readonly url: string }
    | { readonly kind: "read"; readonly document: IdpMetadata };
};

/**
 * Reads metadata that are here already.
 * @throws ConfigurationError where they can't be read or used, or are those of another identity provider
 */
export function companyOf(settings: SamlSettings): Company {
  const { metadata, entityId = "", name, allowInsecure } = settings;
  if (metadata.kind === "url") return { ...settings, entityId, metadata };
  const problem = (what: string) => new ConfigurationError(`${name}: metadata ${what}.`);
  const document = read(textOf(metadata, problem), problem);
  if (settings.entityId !== undefined && settings.entityId !== document.entityId) {
    throw problem(
      `has the entity ID ${JSON.stringify(document.entityId)}, and entityId is ${JSON.stringify(entityId)}`,
    );
  }
  const wrongUrl = ssoUrlProblem(document.ssoUrl, allowInsecure);
  if (wrongUrl !== undefined) throw problem(wrongUrl);
  return { ...settings, entityId: document.entityId, metadata: { kind: "read", document } };
}

/**
 * Metadata that are here don't change while the server runs: expired, they let no one in.
 * @throws ConfigurationError where they have expired
 */
export function refuseExpired({ name, metadata }: Pick<Company, "name" | "metadata">, now: number): void {
  const validUntil = metadata.kind === "read" ? metadata.document.validUntil : undefined;
  if (validUntil === undefined || now < validUntil) return;
  throw new ConfigurationError(
    `${name}: metadata has expired: it was valid until ${new Date(validUntil).toISOString()}. Get it from the identity provider again.`,
  );
}

function textOf(
  place: Exclude<MetadataPlace, { readonly kind: "url" }>,
  problem: (what: string) => ConfigurationError,
): string {
  if (place.kind === "xml") return place.xml;
  try {
    return readFileSync(place.path, "utf8");
  } catch (cause) {
    throw problem(
      `is ${JSON.stringify(place.path)}, a file that can't be read (${(cause as NodeJS.ErrnoException).code}); it must be a URL, the path of a file, or XML`,
    );
  }
}

function read(text: string, problem: (what: string) => ConfigurationError): IdpMetadata {
  try {
    return readMetadata(text);
  } catch (error) {
    if (error instanceof MetadataProblem) throw problem(`can't be used: ${error.message}`);
    throw error;
  }
}
