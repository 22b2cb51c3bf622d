import { z } from "zod";
import type { GithubSettings } from "../../../../config/sign-in/settings.ts";
import { OAuthError } from "../../../../core/errors.ts";
import { shown } from "../../../../core/shown.ts";
import type { FetchJson } from "../../../../platform/fetch-json.ts";
import { type Answer, BrokenOff, WRONG_CREDENTIALS } from "../provider.ts";

export type GithubApi = {
  exchange(
    answer: Pick<Answer, "redirectUri" | "codeVerifier"> & { readonly code: string },
  ): Promise<GithubTokens>;
  user(token: string): Promise<z.infer<typeof user>>;
  emails(token: string): Promise<readonly z.infer<typeof emailAddress>[]>;
  /** `acme` and, where teams are asked for, `acme/engineers`. Nothing where neither is. */
  groups(token: string): Promise<readonly string[]>;
};

export type GithubTokens = {
  readonly accessToken: string;
  /** Those of a GitHub App may end, and have one. */
  readonly refreshToken: string | undefined;
  readonly expiresInSeconds: number | undefined;
  readonly scope: string | undefined;
};

const grantedToken = z.looseObject({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
  expires_in: z.number().positive().nullish(),
  scope: z.string().nullish(),
});
const refusedToken = z.looseObject({ error: z.string(), error_description: z.string().optional() });
const user = z.looseObject({ id: z.int().positive(), login: z.string().min(1), name: z.string().nullish() });
const emailAddress = z.looseObject({
  email: z.string(),
  verified: z.boolean(),
  primary: z.boolean(),
});
const organization = z.looseObject({ login: z.string().min(1) });
const team = z.looseObject({ slug: z.string().min(1), organization });

const PAGE_SIZE = 100;
/** Of anything that comes in pages: more than a thousand is no one's. */
const MOST_PAGES = 10;

/** The few things that are asked of GitHub. Each throws BrokenOff where the answer can't be used or had. */
export function createGithubApi(settings: GithubSettings, fetchJson: FetchJson): GithubApi {
  const { baseUrl, apiUrl, clientId, clientSecret, groups } = settings;
  const ask: FetchJson = async (url, init) => {
    try {
      return await fetchJson(url, { ...init, headers: { "User-Agent": "mcp-gatehouse", ...init?.headers } });
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      throw new BrokenOff("no_answer", error.detail ?? error.message, { cause: error });
    }
  };
  const get = async <T>(path: string, token: string, schema: z.ZodType<T>): Promise<T> => {
    const { status, body } = await ask(`${apiUrl}${path}`, {
      headers: {
        Accept: "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        Authorization: `Bearer ${token}`,
      },
    });
    const parsed = schema.safeParse(body);
    if (status === 200 && parsed.success) return parsed.data;
    const problem = status >= 500 || status === 429 ? "no_answer" : "wrong_answer";
    const why = status === 200 ? "what can't be used" : String(status);
    throw new BrokenOff(problem, `${path.replace(/\?.*/, "")} answered ${why}`);
  };
  const getAll = async <T>(path: string, token: string, schema: z.ZodType<T>): Promise<readonly T[]> => {
    const all: T[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
      const query = `?per_page=${PAGE_SIZE}&page=${page}`;
      const some = await get(`${path}${query}`, token, z.array(schema));
      all.push(...some);
      if (some.length < PAGE_SIZE) return all;
    }
    throw new BrokenOff("unusable_account", `${path} has ${MOST_PAGES * PAGE_SIZE} entries or more`);
  };
  return {
    async exchange({ code, redirectUri, codeVerifier }) {
      const { status, body } = await ask(`${baseUrl}/login/oauth/access_token`, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({
          grant_type: "authorization_code",
          client_id: clientId,
          client_secret: clientSecret,
          code,
          redirect_uri: redirectUri,
          code_verifier: codeVerifier,
        }),
      });
      const granted = grantedToken.safeParse(body);
      if (status === 200 && granted.success) {
        const { access_token: token, refresh_token, expires_in, scope } = granted.data;
        if (!token.startsWith(OF_GITHUB_APP)) requireScopes(scope, groups !== undefined);
        return {
          accessToken: token,
          refreshToken: refresh_token ?? undefined,
          expiresInSeconds: expires_in ?? undefined,
          scope: scope ?? undefined,
        };
      }
      // It answers errors with 200.
      const refused = refusedToken.safeParse(body);
      const error = refused.success ? ` ${shown(refused.data.error)}` : "";
      const problem = status >= 500 || status === 429 ? "no_answer" : "wrong_answer";
      const isUnknown = refused.success && refused.data.error === "incorrect_client_credentials";
      const hint = isUnknown ? WRONG_CREDENTIALS : "";
      throw new BrokenOff(problem, `the token endpoint answered ${status}${error}${hint}`);
    },
    user: (token) => get("/user", token, user),
    emails: (token) => getAll("/user/emails", token, emailAddress),
    async groups(token) {
      if (groups === undefined) return [];
      const organizations = (await getAll("/user/orgs", token, organization)).map(({ login }) => login);
      if (groups === "organizations") return organizations;
      const teams = await getAll("/user/teams", token, team);
      return [...organizations, ...teams.map(({ slug, organization: { login } }) => `${login}/${slug}`)];
    },
  };
}

/** What a token of a GitHub App begins with. It has permissions instead of scopes, which no request changes. */
const OF_GITHUB_APP = "ghu_";

/**
 * A person can take a scope out of the request on its way. GitHub lists only organizations that are public where theirs is
 * missing, and says no word: a list of those to refuse would let the person in.
 */
function requireScopes(scope: string | null | undefined, needsOrganizations: boolean): void {
  const granted = (scope ?? "").split(/[\s,]+/);
  const require = (needed: ReadonlySet<string>, name: string) => {
    if (!granted.some((one) => needed.has(one))) {
      throw new BrokenOff("wrong_answer", `the token is without the scope ${name}`);
    }
  };
  require(ADDRESS_SCOPES, "user:email");
  if (needsOrganizations) require(ORGANIZATION_SCOPES, "read:org");
}

const ADDRESS_SCOPES: ReadonlySet<string> = new Set(["user:email", "user"]);
const ORGANIZATION_SCOPES: ReadonlySet<string> = new Set(["read:org", "write:org", "admin:org"]);
