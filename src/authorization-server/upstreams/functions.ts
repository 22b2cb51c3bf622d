import { type GithubUpstreamOptions, parseGithubUpstream } from "../../config/upstreams/github.ts";
import { type GoogleUpstreamOptions, parseGoogleUpstream } from "../../config/upstreams/google.ts";
import { type KeyUpstreamOptions, parseKeyUpstream } from "../../config/upstreams/key-options.ts";
import { type OAuthUpstreamOptions, parseOAuthUpstream } from "../../config/upstreams/oauth-options.ts";
import type { KeyUpstream, OAuthUpstream } from "../../config/upstreams/settings.ts";

/**
 * A service with OAuth, at which tools act as the person who calls: `context.upstream(name).accessToken()`.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { createOAuthServer } from "mcp-gatehouse";
 * import { users } from "mcp-gatehouse/sign-in";
 * import { oauthUpstream } from "mcp-gatehouse/upstreams";
 *
 * const server = createOAuthServer(
 *   "my-app",
 *   { signIn: [users()] },
 *   {
 *     upstreams: {
 *       gitlab: oauthUpstream({
 *         label: "GitLab",
 *         issuer: "https://gitlab.com",
 *         clientId: "abc",
 *         clientSecret: process.env.GITLAB_CLIENT_SECRET ?? "",
 *         scopes: ["read_api"],
 *       }),
 *     },
 *   },
 * );
 * server.registerTool("projects", { description: "Lists your projects." }, async (context) => {
 *   const token = await context.upstream("gitlab").accessToken();
 *   const headers = { Authorization: `Bearer ${token}` };
 *   const answer = await fetch("https://gitlab.com/api/v4/projects?membership=true", { headers });
 *   return { content: [{ type: "text", text: await answer.text() }] };
 * });
 * ```
 */
export function oauthUpstream(options: OAuthUpstreamOptions): OAuthUpstream {
  return parseOAuthUpstream(options);
}

/**
 * GitHub, at which tools act as the person who calls. An OAuth App's tokens never end; a GitHub App's are refreshed.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { githubUpstream } from "mcp-gatehouse/upstreams";
 *
 * const { GITHUB_CLIENT_ID = "", GITHUB_CLIENT_SECRET = "" } = process.env;
 * const upstreams = {
 *   github: githubUpstream({ clientId: GITHUB_CLIENT_ID, clientSecret: GITHUB_CLIENT_SECRET, scopes: ["repo"] }),
 * };
 * ```
 */
export function githubUpstream(options: GithubUpstreamOptions): OAuthUpstream {
  return parseGithubUpstream(options);
}

/**
 * Google, at which tools act as the person who calls.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { googleUpstream } from "mcp-gatehouse/upstreams";
 *
 * const { GOOGLE_CLIENT_ID = "", GOOGLE_CLIENT_SECRET = "" } = process.env;
 * const upstreams = {
 *   calendar: googleUpstream({
 *     clientId: GOOGLE_CLIENT_ID,
 *     clientSecret: GOOGLE_CLIENT_SECRET,
 *     scopes: ["https://www.googleapis.com/auth/calendar.readonly"],
 *   }),
 * };
 * ```
 */
export function googleUpstream(options: GoogleUpstreamOptions): OAuthUpstream {
  return parseGoogleUpstream(options);
}

/**
 * A service with keys: the person stores one on the account page, and tools get it with `context.upstream(name).key()`.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { keyUpstream } from "mcp-gatehouse/upstreams";
 *
 * const upstreams = {
 *   jira: keyUpstream({ label: "Jira", keysUrl: "https://id.atlassian.com/manage-profile/security/api-tokens" }),
 * };
 * ```
 */
export function keyUpstream(options: KeyUpstreamOptions): KeyUpstream {
  return parseKeyUpstream(options);
}
