import { z } from "zod";
import { allowInsecureIssuer, allowsInsecureIssuer, secureUrls } from "../allow-insecure-issuer.ts";
import { declared } from "../declared.ts";
import { readGivenOptions } from "../function-options.ts";
import { readOptions } from "../read-options.ts";
import { apiOfGithub, githubOwn } from "../sign-in/presets/github.ts";
import { oauthUpstreamOptions, serviceSecret, sharedUpstreamOptions, usualLabel } from "./oauth-options.ts";
import type { OAuthUpstream } from "./settings.ts";

/** The options of `githubUpstream()`. */
export const githubUpstreamOptions = {
  clientId: sharedUpstreamOptions.clientId,
  clientSecret: serviceSecret.clone().register(declared, {
    says: "The client secret that GitHub gave you.",
  }),
  scopes: sharedUpstreamOptions.scopes.unwrap().clone().default([]).register(declared, {
    says: "The scopes to ask GitHub for. A GitHub App has permissions instead, and needs none here.",
    otherwise: "none: what is public",
  }),
  label: usualLabel("GitHub"),
  baseUrl: githubOwn.baseUrl.clone().register(declared, { says: "Your GitHub Enterprise." }),
  [allowInsecureIssuer]: oauthUpstreamOptions[allowInsecureIssuer],
};

type Given = z.input<z.ZodObject<typeof githubUpstreamOptions>>;

/** What `githubUpstream` takes. */
export type GithubUpstreamOptions = {
  /** The client ID that the service gave you. */
  clientId: Given["clientId"];
  /** The client secret that GitHub gave you. */
  clientSecret: Given["clientSecret"];
  /**
   * The scopes to ask GitHub for. A GitHub App has permissions instead, and needs none here. Default: none: what is
   * public.
   */
  scopes?: Given["scopes"];
  /** The name by which people know the service. Default: `GitHub`. */
  label?: Given["label"];
  /** Your GitHub Enterprise. Default: `https://github.com`. */
  baseUrl?: Given["baseUrl"];
  /** Let these URLs, and those that the metadata names, be `http://` on a network. Default: `false`. */
  [allowInsecureIssuer]?: Given[typeof allowInsecureIssuer];
};

const schema = z.strictObject(githubUpstreamOptions).check(secureUrls(["baseUrl"]));

/**
 * What the options of `githubUpstream()` come to.
 * @throws ConfigurationError
 */
export function parseGithubUpstream(given: GithubUpstreamOptions): OAuthUpstream {
  return readGivenOptions("githubUpstream", "{ clientId, clientSecret }", given, (options) => {
    const { parsed } = readOptions(schema, options);
    const { baseUrl, clientId, clientSecret: secret } = parsed;
    return {
      kind: "oauth",
      label: parsed.label ?? "GitHub",
      issuer: undefined,
      metadataUrl: undefined,
      authorizationUrl: `${baseUrl}/login/oauth/authorize`,
      tokenUrl: `${baseUrl}/login/oauth/access_token`,
      clientId,
      credentials: { kind: "secret", secret, method: "client_secret_post" },
      scopes: parsed.scopes,
      parameters: {},
      accountUrl: `${apiOfGithub(baseUrl)}/user`,
      accountFields: ["login"],
      deadCodes: ["bad_refresh_token"],
      allowInsecure: allowsInsecureIssuer(parsed),
    };
  });
}
