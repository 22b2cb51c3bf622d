import { z } from "zod";
import type { ProviderOptions } from "../config/provider-options.ts";
import { baseUrl } from "../config/provider-values.ts";
import { definePreset } from "./preset.ts";
import { parseValues, text } from "./values.ts";

const AUDIENCE = "what your access token hook puts into `aud` for this server";
/** What every token of a project has in `aud`, sign-ins of the web site included. */
const EVERYBODY = "authenticated";

const values = z.strictObject({
  projectUrl: baseUrl,
  /** What the access token hook puts into `aud`. */
  audience: text(AUDIENCE).refine(
    (value) => value !== EVERYBODY,
    `${AUDIENCE}, such as the server's URL: "${EVERYBODY}" is in every token of the project, for any purpose`,
  ),
});

/**
 * Supabase Auth as an OAuth 2.1 server. It needs an access token hook: see docs/providers/supabase.md.
 * @example
 * ```ts
 * import { protect, supabase } from "mcp-gatehouse";
 *
 * const resource = "https://mcp.example.com/mcp";
 * protect({ ...supabase({ projectUrl: "https://abcdefgh.supabase.co", audience: resource }), resource });
 * ```
 * @throws ConfigurationError where a value is missing or wrong
 */
export function supabase(given: z.input<typeof values>): ProviderOptions {
  return optionsOf(parseValues(values, given));
}

function optionsOf({ projectUrl, audience }: z.output<typeof values>): ProviderOptions {
  const issuer = `${projectUrl}/auth/v1`;
  return {
    issuer,
    audience,
    jwksUri: `${issuer}/.well-known/jwks.json`,
    metadataUrl: `${projectUrl}/.well-known/oauth-authorization-server/auth/v1`,
    // The sessions of a web site have none.
    accessTokenClaims: ["client_id"],
    claims: { client: "client_id" },
  };
}

export const supabasePreset = definePreset({
  name: "supabase",
  title: "Supabase",
  values,
  examples: { projectUrl: "https://abcdefgh.supabase.co" },
  options: optionsOf,
  explain: ({ audience }) => ({
    about:
      "Works with the OAuth 2.1 server of Supabase Auth and a hook that names this server in its tokens. Clients register\n" +
      "themselves if you let them. You build the page on which people approve.",
    console: "In the Supabase Dashboard, in the project",
    steps: [
      `**Project Settings → JWT Keys**: an asymmetric signing key (ES256 or RS256). Tokens that are signed with the legacy
   shared secret cannot be verified by other servers, and are refused.`,
      `**Authentication → OAuth Server**: enable it, enable dynamic client registration, and set the authorization path to
   your page on which people approve or deny.`,
      `**SQL Editor**: a hook that gives OAuth clients' tokens this server as their audience.

   \`\`\`sql
   create or replace function public.name_the_mcp_server(event jsonb)
   returns jsonb language plpgsql as $$
   begin
     if event->'claims'->>'client_id' is null then
       return event;
     end if;
     return jsonb_set(event, '{claims,aud}', to_jsonb('${audience.replaceAll("'", "''")}'::text));
   end;
   $$;
   grant usage on schema public to supabase_auth_admin;
   grant execute on function public.name_the_mcp_server to supabase_auth_admin;
   revoke execute on function public.name_the_mcp_server from authenticated, anon, public;
   \`\`\``,
      "**Authentication → Hooks → Customize Access Token (JWT) Claims**: choose that function.",
    ],
    mind: [
      `Without the hook, every token of the project has \`aud: "${EVERYBODY}"\`, those of your web site's sign-ins too. This
  server refuses them, and refuses to start with that audience.`,
      `Supabase does not read \`resource\`. With several MCP servers in one project, the hook must tell their clients apart by
  \`client_id\`.`,
      `You cannot define scopes, and the token has none. Give tools no \`scopes\`, or let the hook add a claim
  \`permissions\` with a list of them.`,
      `Row level security sees the token's \`role\`, \`sub\` and \`client_id\` as before; check your policies that read
  \`aud\`.`,
    ],
  }),
});
