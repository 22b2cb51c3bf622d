import { z } from "zod";
import { LONGEST_ACCESS_TOKEN_SECONDS } from "../core/access-token.ts";
import { CLIENT_AUTHENTICATION_METHODS } from "../core/client.ts";
import { CLIENT_CREDENTIALS } from "../core/client-metadata.ts";
import type { ClientDescription } from "../core/preregistered-client.ts";
import { allowUnresolvedDocumentHosts } from "../platform/safe-fetch.ts";
import { MINIMUM_SECRET_LENGTH } from "../platform/secrets/key-file.ts";
import { cachedTokensOption } from "./cached-tokens-option.ts";
import { corsOption } from "./cors-option.ts";
import { databaseOption } from "./database-option.ts";
import { documentationOption } from "./documentation-option.ts";
import { hostOption, metricsOption, portOption } from "./metrics-option.ts";
import { redirectOptions } from "./redirect-options.ts";
import { scopeList, scopeOptions } from "./scope-options.ts";
import type { LoginHandler } from "./settings.ts";

/** Lets a public URL be `http://` on a network: passwords and tokens then cross it readable. */
export const allowInsecurePublicUrl: unique symbol = Symbol("allowInsecurePublicUrl");

const DAY_SECONDS = 24 * 60 * 60;

const text = (must: string) => z.string({ error: must }).min(1, must);
const seconds = (from: number, to: number) => {
  const must = `a whole number of seconds from ${from} to ${to}`;
  return z.int(must).min(from, must).max(to, must);
};
const DAYS = "a whole number of days from 1 to 3650";
const aFunction = <T>() => z.custom<T>((value) => typeof value === "function", "a function");
const DEFAULT_CONNECTIONS = 10;
const MOST_CONNECTIONS = 1000;
const CONNECTIONS = `a whole number from 1 to ${MOST_CONNECTIONS}`;
const SECRET = `${MINIMUM_SECRET_LENGTH} characters or more (make one with: openssl rand -base64 32)`;
const URIS = "a list of URIs";
const yesOrNo = z.boolean("true or false");
const SECRET_ALONE =
  'one line of the key file at a time, without the "until …" behind a secret that was replaced';
/** A key file that is pasted as it is would be a secret of its own, which opens nothing. */
const KEY_FILE_LINES = /[\r\n]|\suntil \d{4}-/;
const secret = z.string(SECRET).min(MINIMUM_SECRET_LENGTH, SECRET);

const client = z
  .strictObject({
    id: text("the client_id, as text"),
    secret: z.string("text").optional(),
    name: z.string("text").optional(),
    redirectUris: z.array(z.string("a URI"), URIS).optional(),
    authenticationMethod: z
      .enum(CLIENT_AUTHENTICATION_METHODS, `one of ${CLIENT_AUTHENTICATION_METHODS.join(", ")}`)
      .optional(),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }, "a JSON Web Key Set").optional(),
    jwksUri: z.string("a URL").optional(),
    grantTypes: z.array(z.string("a grant type"), "a list of grant types").optional(),
    scopes: scopeList.optional(),
  })
  .refine(
    ({ redirectUris, grantTypes }) => redirectUris !== undefined || grantTypes?.includes(CLIENT_CREDENTIALS),
    {
      path: ["redirectUris"],
      error: URIS,
    },
  ) satisfies z.ZodType<ClientDescription>;

/** The third argument of `createOAuthServer`: everything in it is optional. */
export const optionsSchema = z.strictObject({
  /** The address to listen on. Default "localhost": this computer only. */
  host: hostOption.default("localhost"),
  /** The port to listen on; 0 lets the system choose. Default 3000. */
  port: portOption.default(3000),
  /** The URL under which clients reach this server, byte for byte. Every URL that is spoken is made from it. */
  publicUrl: text('an absolute https:// URL, such as "https://mcp.example.com"').optional(),
  [allowInsecurePublicUrl]: yesOrNo.optional(),
  /** The path of the MCP endpoint. Default "/mcp". */
  path: z
    .string("a path")
    .regex(/^(\/[A-Za-z0-9._~-]+)+$/, 'a path such as "/mcp", without a slash at its end')
    .default("/mcp"),
  /** A file, ":memory:", or `postgres://…` for several instances. Default "./gatehouse.db". */
  database: databaseOption,
  /** How many connections this instance opens to Postgres at the most. Default 10. */
  databaseConnections: z
    .int(CONNECTIONS)
    .min(1, CONNECTIONS)
    .max(MOST_CONNECTIONS, CONNECTIONS)
    .default(DEFAULT_CONNECTIONS),
  /** How many verified access tokens an instance remembers. Default 10,000. */
  cachedTokens: cachedTokensOption,
  /** How long, while the database cannot be reached, tokens that were verified before it are still let in. Default 30. */
  staleSeconds: seconds(0, 3600).default(30),
  /** The master secret, or a list of them, newest first. Default: a key file beside the database. */
  secret: z
    .union([secret.transform((one) => [one]), z.array(secret).min(1, SECRET)], SECRET)
    .refine((all) => !all.some((one) => KEY_FILE_LINES.test(one.trim())), SECRET_ALONE)
    .optional(),
  ...scopeOptions,
  /** Clients that you know beforehand, beside those that register themselves. */
  clients: z.array(client, "a list of clients").default([]),
  ...redirectOptions,
  [allowUnresolvedDocumentHosts]: yesOrNo.optional(),
  /** Life of an access token. Default 1800. */
  accessTokenSeconds: seconds(1, LONGEST_ACCESS_TOKEN_SECONDS).default(1800),
  /** Life of a refresh token from its last use. Default 30 days. */
  refreshTokenSeconds: seconds(1, 3650 * DAY_SECONDS).default(30 * DAY_SECONDS),
  /** Life of a grant, however much it is used. Default 365 days. */
  grantSeconds: seconds(60, 3650 * DAY_SECONDS).default(365 * DAY_SECONDS),
  /** How long the previous refresh token gets the same successor, used or not. Default 300. */
  refreshGraceSeconds: seconds(0, 3600).default(300),
  /** Access tokens are also accepted by servers that share neither this database nor its introspection. Default false. */
  accessTokensCheckedElsewhere: yesOrNo.default(false),
  /** Where people read about this server, for clients to show. */
  documentation: documentationOption,
  /** How long the audit log is kept. Default 400. */
  auditRetentionDays: z.int(DAYS).min(1, DAYS).max(3650, DAYS).default(400),
  /** More log lines. */
  debug: yesOrNo.default(false),
  /** Origins whose pages may call the MCP and token endpoints. Default "*": no cookie is involved. */
  cors: corsOption,
  /** TLS without a proxy: PEM text, or the files that hold it. */
  tls: z
    .strictObject(
      { cert: text("a certificate in PEM, or its file"), key: text("a key in PEM, or its file") },
      "{ cert, key }",
    )
    .optional(),
  /** Read the last `X-Forwarded-For` for addresses in logs and limits. Only behind a proxy of yours. */
  trustProxy: yesOrNo.default(false),
  /** HTML in which `{state}`, `{username}`, `{app_name}` and `{error_message}` are replaced. */
  loginTemplate: text("HTML").optional(),
  /** Answers GET and POST of `/oauth/login` itself. */
  loginHandler: aFunction<LoginHandler>().optional(),
  /** Drain and exit with 0 at SIGTERM and SIGINT once `listen()` was called. Default true. */
  handleSignals: yesOrNo.default(true),
  /** How long requests are served on after such a signal, with `/ready` at 503, before the drain. Default 0. */
  shutdownDelaySeconds: seconds(0, 300).default(0),
  /** Where Prometheus reads `/metrics`. Default: nowhere, and nothing is measured. */
  metrics: metricsOption,
  /** Sessions for clients of the 2025 protocols, which tie them to this process. Default false. */
  sessions: yesOrNo.default(false),
});

/** Options of `createOAuthServer`. */
export type OAuthServerOptions = z.input<typeof optionsSchema>;
export type ParsedOptions = z.output<typeof optionsSchema>;

/** Options that are symbols, so that one can search for them, by the name that they have in the environment. */
export const DANGERS: ReadonlyMap<string, symbol> = new Map([
  ["allowInsecurePublicUrl", allowInsecurePublicUrl],
  ["allowUnresolvedDocumentHosts", allowUnresolvedDocumentHosts],
]);

/** The names in an option that is an object. */
export const OPTION_PARTS: ReadonlyMap<string | number | undefined, readonly string[]> = new Map([
  ["clients", Object.keys(client.shape)],
  ["tls", ["cert", "key"]],
  ["metrics", ["port", "host", "token"]],
]);
