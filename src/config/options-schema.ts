import { z } from "zod";
import type { allowUnresolvedDocumentHosts } from "../platform/safe-fetch.ts";
import { clientOptions } from "./client-options.ts";
import { declaredOptions } from "./declared.ts";
import { guardOptions } from "./guard-options.ts";
import { lifetimeOptions } from "./lifetime-options.ts";
import { allowInsecurePublicUrl, listenerOptions } from "./listener-options.ts";
import { loginOptions } from "./login-options.ts";
import { lookOptions } from "./look-options.ts";
import { operationOptions } from "./operation-options.ts";
import { peopleOptions } from "./people-options.ts";
import { redirectOptions } from "./redirect-options.ts";
import { scopeOptions } from "./scope-options.ts";
import { storageOptions } from "./storage-options.ts";
import { upstreamOptions } from "./upstream-options.ts";

/** The third argument of `createOAuthServer`: everything in it is optional. */
export const optionsSchema = z.strictObject({
  ...listenerOptions,
  ...storageOptions,
  ...scopeOptions,
  ...clientOptions,
  ...redirectOptions,
  ...lifetimeOptions,
  ...loginOptions,
  ...lookOptions,
  ...peopleOptions,
  ...upstreamOptions,
  ...guardOptions,
  ...operationOptions,
});

/** Each option of `createOAuthServer`, with what is declared of it. */
export const serverOptions = declaredOptions(optionsSchema.shape);

export type ParsedOptions = Required<z.output<typeof optionsSchema>>;
type Given = z.input<typeof optionsSchema>;

export { allowInsecurePublicUrl };

// A type that a schema infers loses its documentation in the declaration files of the package, so these are written out, from
// what is declared of each option: `npx vitest run test/docs/options.test.ts -u`. `npm run docs` fails where they differ.

/** Options of `createOAuthServer`. All are optional. */
export type OAuthServerOptions = {
  /** The address to listen on. Default: `localhost`. */
  host?: Given["host"];
  /** The port to listen on; 0 lets the system choose. Default: `3000`. */
  port?: Given["port"];
  /** The URL under which clients reach the server, without the MCP path. Default: made from the host and the port. */
  publicUrl?: Given["publicUrl"];
  /** The path of the MCP endpoint below `publicUrl`. Default: `/mcp`. */
  path?: Given["path"];
  /** TLS without a proxy: `{ cert, key }`, each one PEM text or the file that holds it. Default: none. */
  tls?: TlsOptions | undefined;
  /** Read the last address of `X-Forwarded-For`, for logs and limits. Default: `false`. */
  trustProxy?: Given["trustProxy"];
  /**
   * Where the data is kept: a file, `:memory:`, or `postgres://user:password@host:5432/name`. Default:
   * `./gatehouse.db`.
   */
  database?: Given["database"];
  /** How many connections this instance opens to Postgres at most. Default: `10`. */
  databaseConnections?: Given["databaseConnections"];
  /**
   * How long access tokens that were accepted before are still accepted while the database can't be reached. Default:
   * `30`.
   */
  staleSeconds?: Given["staleSeconds"];
  /** The master secret, or a list of them, newest first. Default: a key file beside the database. */
  secret?: Given["secret"];
  /**
   * A list of scopes, or an object: scope → what it lets a client do, in plain words for the consent page. Default:
   * `mcp`; with a provider, the scopes that it has.
   */
  supportedScopes?: Given["supportedScopes"];
  /** Scopes that every request needs. Default: `mcp` where it is supported, else none. */
  requiredScopes?: Given["requiredScopes"];
  /** Scopes that the first challenge and the resource metadata name beside the required ones. Default: none. */
  challengeScopes?: Given["challengeScopes"];
  /** Broader scope → the narrower ones that it includes. Default: none. */
  scopeImplies?: Given["scopeImplies"];
  /** Clients that you know beforehand, beside those that register themselves. Default: none. */
  clients?: Given["clients"];
  /** Whether clients may register themselves (RFC 7591). Default: `true`. */
  registration?: Given["registration"];
  /** Whether a `client_id` may be the URL of a metadata document. Default: `true`. */
  clientIdMetadataDocuments?: Given["clientIdMetadataDocuments"];
  /**
   * The only hosts and schemes that clients may send people to, such as `["claude.ai", "*.example.com", "cursor:"]`.
   * Default: any.
   */
  redirectHosts?: Given["redirectHosts"];
  /**
   * Hosts and schemes that people are sent to without a click, beside the built-in ones, such as `["app.example.com",
   * "myapp:"]`. Default: none.
   */
  trustedRedirects?: Given["trustedRedirects"];
  /** Whether people are sent to well-known clients without a click. Default: `true`. */
  builtInRedirects?: Given["builtInRedirects"];
  /** The lifetime of an access token, one day at most. Default: `1800`. */
  accessTokenSeconds?: Given["accessTokenSeconds"];
  /** The lifetime of a refresh token from its last use. Default: `2592000` (30 days). */
  refreshTokenSeconds?: Given["refreshTokenSeconds"];
  /** The lifetime of a grant, however often it is used. Default: `31536000` (365 days). */
  grantSeconds?: Given["grantSeconds"];
  /** How long the previous refresh token gets the same successor, used or not. Default: `300`. */
  refreshGraceSeconds?: Given["refreshGraceSeconds"];
  /** Whether other servers accept access tokens by their signature alone. Default: `false`. */
  accessTokensCheckedElsewhere?: Given["accessTokensCheckedElsewhere"];
  /** How long a person stays signed in in a browser that they don't use. Default: `43200`. */
  sessionIdleSeconds?: Given["sessionIdleSeconds"];
  /** How long a person stays signed in in a browser at most. Default: `2592000` (30 days). */
  sessionSeconds?: Given["sessionSeconds"];
  /** How many days the audit log is kept, from 1 to 3650. Default: `400`. */
  auditRetentionDays?: Given["auditRetentionDays"];
  /**
   * HTML in which exactly `{state}`, `{username}`, `{app_name}` and `{error_message}` are replaced, each one escaped.
   * Default: the built-in page.
   */
  loginTemplate?: Given["loginTemplate"];
  /**
   * Your own function that answers GET and POST of `/oauth/login`: `(request, completeUserCheck, signInLinks) =>
   * Response`. Default: the built-in page.
   */
  loginHandler?: Given["loginHandler"];
  /**
   * How the pages look: `{ logo, darkLogo, accent, darkAccent, footer, colors, darkColors, variables }`. Default: the
   * built-in look.
   */
  look?: LookOptions | undefined;
  /** All texts of pages and mails, in one language. Default: English. */
  texts?: Given["texts"];
  /**
   * Your own function that says whether a person may still use the server: `(person) => boolean`. Default: everyone
   * may.
   */
  isActive?: Given["isActive"];
  /**
   * Other services at which tools act as the person: name → what `oauthUpstream()`, `keyUpstream()` or one of their
   * presets returns. Default: none.
   */
  upstreams?: Given["upstreams"];
  /** How many verified access tokens this instance remembers. Default: `10000`. */
  cachedTokens?: Given["cachedTokens"];
  /**
   * Origins whose pages may call the server from a browser: a list, or `"*"` for any, since no cookie is involved.
   * Default: `*`.
   */
  cors?: Given["cors"];
  /**
   * The URL where people read about the server, which clients may show (`resource_documentation`, RFC 9728 §2).
   * Default: none.
   */
  documentation?: Given["documentation"];
  /** Write more log lines. Default: `false`. */
  debug?: Given["debug"];
  /** Sessions (`Mcp-Session-Id`) for clients of the 2025 protocols. Default: `false`. */
  sessions?: Given["sessions"];
  /**
   * Whether SIGTERM and SIGINT, once `listen()` was called, finish the requests under way and end the process with exit
   * code 0. Default: `true`.
   */
  handleSignals?: Given["handleSignals"];
  /**
   * How long requests are served on after such a signal, with `/ready` at 503, before the drain begins. Default: `0`.
   */
  shutdownDelaySeconds?: Given["shutdownDelaySeconds"];
  /**
   * Where Prometheus reads `/metrics`: `{ port, host?, token? }` for a port of its own, or `{ token }` for the main
   * port. Default: none.
   */
  metrics?: MetricsOptions | undefined;
  /** Let the public URL be `http://` on a network, where others can read passwords and tokens. Default: `false`. */
  [allowInsecurePublicUrl]?: Given[typeof allowInsecurePublicUrl];
  /**
   * Let the proxy look up the hosts of metadata documents and client keys that have no address here. Default: `false`.
   */
  [allowUnresolvedDocumentHosts]?: Given[typeof allowUnresolvedDocumentHosts];
};

/** A certificate and its key. */
export type TlsOptions = {
  /** The certificate for `https://` without a proxy, in PEM, or the file that holds it. */
  cert: NonNullable<Given["tls"]>["cert"];
  /** The private key of that certificate, in PEM, or the file that holds it. */
  key: NonNullable<Given["tls"]>["key"];
};

/** How the pages look. */
export type LookOptions = {
  /** The picture beside the name on every page: an image file, an `https://` URL or a `data:` URL. Default: none. */
  logo?: NonNullable<Given["look"]>["logo"];
  /** Another one for people whose system is dark. Default: the same. */
  darkLogo?: NonNullable<Given["look"]>["darkLogo"];
  /** The color of buttons and links, as `#rrggbb`. Default: a blue. */
  accent?: NonNullable<Given["look"]>["accent"];
  /** The same for people whose system is dark. Default: made of `accent`. */
  darkAccent?: NonNullable<Given["look"]>["darkAccent"];
  /**
   * What stands below every page: a text, or a list of texts and links (`{ text: "Imprint", url: "https://…" }`).
   * Default: none.
   */
  footer?: NonNullable<Given["look"]>["footer"];
  /** Other colors by name, as `#rrggbb`. Default: the built-in ones. */
  colors?: NonNullable<Given["look"]>["colors"];
  /** The same for people whose system is dark. Default: the built-in ones. */
  darkColors?: NonNullable<Given["look"]>["darkColors"];
  /** CSS variables for the rest: fonts, widths and corners. Default: the built-in ones. */
  variables?: NonNullable<Given["look"]>["variables"];
};

/** Where Prometheus reads. */
export type MetricsOptions = {
  /** A port that serves nothing but `/metrics`. Default: the main port. */
  port?: NonNullable<Given["metrics"]>["port"];
  /** The address of that port. Default: `localhost`, this computer only. */
  host?: NonNullable<Given["metrics"]>["host"];
  /** What Prometheus must send as its bearer token; the main port needs one. Default: none. */
  token?: NonNullable<Given["metrics"]>["token"];
};
