export type { GithubUpstreamOptions } from "../../config/upstreams/github.ts";
export type { GoogleUpstreamOptions } from "../../config/upstreams/google.ts";
export type { KeyUpstreamOptions } from "../../config/upstreams/key-options.ts";
export type { OAuthUpstreamOptions } from "../../config/upstreams/oauth-options.ts";
export type { CheckKey, KeyUpstream, OAuthUpstream, Upstream } from "../../config/upstreams/settings.ts";
export { githubUpstream, googleUpstream, keyUpstream, oauthUpstream } from "./functions.ts";
