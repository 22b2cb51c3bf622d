import { z } from "zod";
import { declared } from "../declared.ts";
import { readGivenOptions } from "../function-options.ts";
import { readOptions } from "../read-options.ts";
import { serviceSecret, sharedUpstreamOptions, usualLabel } from "./oauth-options.ts";
import type { OAuthUpstream } from "./settings.ts";

/** The options of `googleUpstream()`. */
export const googleUpstreamOptions = {
  clientId: sharedUpstreamOptions.clientId,
  clientSecret: serviceSecret.clone().register(declared, {
    says: "The client secret that Google gave you.",
  }),
  scopes: sharedUpstreamOptions.scopes.unwrap().clone().default([]).register(declared, {
    says: "The scopes to ask Google for, beside `openid` and `email`, by which the account page knows the account.",
  }),
  label: usualLabel("Google"),
  parameters: sharedUpstreamOptions.parameters,
};

type Given = z.input<z.ZodObject<typeof googleUpstreamOptions>>;

/** What `googleUpstream` takes. */
export type GoogleUpstreamOptions = {
  /** The client ID that the service gave you. */
  clientId: Given["clientId"];
  /** The client secret that Google gave you. */
  clientSecret: Given["clientSecret"];
  /**
   * The scopes to ask Google for, beside `openid` and `email`, by which the account page knows the account. Default:
   * none.
   */
  scopes?: Given["scopes"];
  /** The name by which people know the service. Default: `Google`. */
  label?: Given["label"];
  /** Further parameters of the authorization request, such as `{ audience: "api.example.com" }`. Default: none. */
  parameters?: Given["parameters"];
};

const schema = z.strictObject(googleUpstreamOptions);

/**
 * What the options of `googleUpstream()` come to.
 * @throws ConfigurationError
 */
export function parseGoogleUpstream(given: GoogleUpstreamOptions): OAuthUpstream {
  return readGivenOptions("googleUpstream", "{ clientId, clientSecret, scopes }", given, (options) => {
    const { parsed } = readOptions(schema, options);
    return {
      kind: "oauth",
      label: parsed.label ?? "Google",
      issuer: "https://accounts.google.com",
      metadataUrl: "https://accounts.google.com/.well-known/openid-configuration",
      authorizationUrl: undefined,
      tokenUrl: undefined,
      clientId: parsed.clientId,
      credentials: { kind: "secret", secret: parsed.clientSecret, method: undefined },
      scopes: [...new Set(["openid", "email", ...parsed.scopes])],
      // Google gives a refresh token only where it is asked for, and again only where the person consents again.
      parameters: { access_type: "offline", prompt: "consent", ...parsed.parameters },
      accountUrl: undefined,
      accountFields: ["email"],
      deadCodes: [],
      allowInsecure: false,
    };
  });
}
