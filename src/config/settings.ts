import type { Client } from "../core/client.ts";
import type { Person } from "../core/person.ts";
import type { RedirectList } from "../core/redirect-list.ts";
import type { ScopeCatalogue } from "../core/scopes.ts";

/**
 * What the options come to once they are parsed: every default filled in, every URL made. Nothing reads an option or
 * an environment variable after this.
 */
export type Settings = {
  /** The application's name, as people see it on the pages. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Whether the URLs are the operator's own; else they are made from the host and the port. */
  readonly publicUrlGiven: boolean;
  /** The issuer, byte for byte as configured (RFC 8414 §2). */
  readonly issuer: string;
  /** The protected resource: the URL that people type into their client, byte for byte (RFC 9728 §1.2). */
  readonly resource: string;
  /** The path of `publicUrl`, which every path below it begins with: "" or "/app". */
  readonly basePath: string;
  /** The path of the MCP endpoint below `basePath`: "/mcp". */
  readonly path: string;
  /** `postgres://…`, a file, or ":memory:". The URL may hold a password: show it with `shownDatabase` alone. */
  readonly database: string;
  /** How many connections this instance opens to Postgres at the most. */
  readonly databaseConnections: number;
  /** How many verified tokens this instance remembers. */
  readonly cachedTokens: number;
  /** How long verified tokens are let in after the database told us of the last revocations; 0: not at all. */
  readonly staleSeconds: number;
  /** The master secrets, newest first; undefined means the key file beside the database. */
  readonly secrets: readonly string[] | undefined;
  readonly catalogue: ScopeCatalogue;
  /** Scopes that the first challenge and the resource metadata name beside the required ones. */
  readonly challengeScopes: readonly string[];
  readonly clients: readonly Client[];
  /** Whether clients may register themselves. */
  readonly registration: boolean;
  /** Whether a `client_id` may be the URL of a metadata document. */
  readonly clientIdMetadataDocuments: boolean;
  /** Whether a proxy looks up the hosts of documents and keys that have no address here. */
  readonly unresolvedDocumentHosts: boolean;
  /** Where people are sent without a click. */
  readonly trustedRedirects: RedirectList;
  /** Where clients may send people that the operator did not register; undefined for anywhere. */
  readonly redirectHosts: RedirectList | undefined;
  readonly accessTokenSeconds: number;
  /** Life of a refresh token from its last use. */
  readonly refreshTokenSeconds: number;
  /** Life of a grant, however much it is used. */
  readonly grantSeconds: number;
  readonly refreshGraceSeconds: number;
  /** Access tokens are also accepted where nobody here sees it: by their signature alone. */
  readonly accessTokensCheckedElsewhere: boolean;
  /** How long rows of the audit log are kept. */
  readonly auditRetentionDays: number;
  /** Where people read about the server. */
  readonly documentation: string | undefined;
  readonly debug: boolean;
  readonly cors: CorsSetting;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Read `X-Forwarded-For` for the address in logs and limits. Never used for URLs. */
  readonly trustProxy: boolean;
  readonly loginTemplate: string | undefined;
  readonly loginHandler: LoginHandler | undefined;
  /** Whether `listen()` drains and exits at SIGTERM and SIGINT. */
  readonly handleSignals: boolean;
  /** How long requests are served on after such a signal, before the drain. */
  readonly shutdownDelaySeconds: number;
  /** Where Prometheus reads; undefined where nothing is measured. */
  readonly metrics: MetricsSetting | undefined;
  /** Whether 2025-era clients get sessions (`Mcp-Session-Id`), which tie them to this process. */
  readonly sessions: boolean;
};

/** A port of their own, or the main one behind a token; both where both are given. */
export type MetricsSetting = {
  /** Undefined: `/metrics` on the main port. */
  readonly port: number | undefined;
  readonly host: string;
  readonly token: string | undefined;
};

/** Origins that may read the answers of the token and MCP endpoints from a browser; the discovery documents are open to all. */
export type CorsSetting = "*" | readonly string[];

/**
 * Says who this is, or null, undefined or false for a wrong pair. Where it throws, or gives no usable answer in ten seconds,
 * the attempt counts, the cause is logged, and the person is asked to try again.
 * `id` is text of up to 255 characters or a safe integer, which becomes text; give a larger number, or a bigint, as text.
 */
export type CheckUser = (
  username: string,
  password: string,
) => UserAnswer | null | undefined | false | Promise<UserAnswer | null | undefined | false>;

export type UserAnswer = string | number | (Omit<Person, "id"> & { readonly id: string | number });

/**
 * Resolves to the URL to go on to once the pair is right.
 * @throws OAuthError whose `message` is the text to show the person, and whose `status` is that of the page: 403 for a wrong
 * pair, 429 after too many (with `retryAfterSeconds`), 503 where `checkUser` gave no answer.
 */
export type CompleteUserCheck = (state: string, username: string, password: string) => Promise<string>;

/** Answers GET and POST of `/oauth/login` with a page of your own. */
export type LoginHandler = (
  request: Request,
  completeUserCheck: CompleteUserCheck,
) => Response | Promise<Response>;
