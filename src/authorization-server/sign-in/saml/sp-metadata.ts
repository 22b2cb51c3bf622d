import type { Route } from "../../../http/route.ts";
import { textResponse } from "../../../platform/text-response.ts";
import type { Company } from "./company.ts";
import { nodeSaml } from "./node-saml.ts";
import type { ServiceProvider } from "./service-provider.ts";

const MAX_AGE_SECONDS = 60 * 60;

/** GET /oauth/saml/<name>: what an identity provider has to know of this server (SAML 2.0 Metadata §2.4.4). */
export function spMetadataRoute(
  path: `/${string}`,
  { name, nameIdFormat }: Pick<Company, "name" | "nameIdFormat">,
  { entityId, acsUrl }: ServiceProvider,
): Route {
  return {
    name: "saml_metadata",
    paths: [path],
    methods: {
      async GET() {
        const { generateServiceProviderMetadata } = await nodeSaml();
        const document = generateServiceProviderMetadata({
          issuer: entityId,
          callbackUrl: acsUrl,
          identifierFormat: nameIdFormat ?? null,
          wantAssertionsSigned: true,
          generateUniqueId: () => `_${name}`,
        });
        return textResponse(document, {
          headers: {
            "Content-Type": "application/samlmetadata+xml",
            "Cache-Control": `public, max-age=${MAX_AGE_SECONDS}`,
          },
        });
      },
    },
    refusals: "json",
  };
}
