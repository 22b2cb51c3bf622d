import type { Client } from "../core/client.ts";
import type { Person } from "../core/person.ts";
import type { RedirectList } from "../core/redirect-list.ts";
import type { ScopeCatalogue } from "../core/scopes.ts";
import type { Look } from "../pages/look.ts";
import type { allowUnresolvedDocumentHosts } from "../platform/safe-fetch.ts";
import type { allowInsecurePublicUrl } from "./listener-options.ts";
import type { ParsedOptions } from "./options-schema.ts";

export type { CompleteUserCheck, LoginHandler, SignInLinks } from "./login-options.ts";

/**
 * What the options come to once they are parsed: every default filled in, every URL made. Nothing reads an option or
 * an environment variable after this. Most members are options as they were parsed; {@link MadeSettings} are made of some.
 */
export type Settings = Readonly<Omit<ParsedOptions, keyof MadeSettings | OptionsMadeOf>> & MadeSettings;

/** What only they are made of: nobody reads these later. */
type OptionsMadeOf =
  | "publicUrl"
  | "secret"
  | "supportedScopes"
  | "requiredScopes"
  | "scopeImplies"
  | "builtInRedirects"
  | "texts"
  | typeof allowInsecurePublicUrl
  | typeof allowUnresolvedDocumentHosts;

type MadeSettings = {
  /** The application's name, as people see it on the pages. */
  readonly name: string;
  /** How the pages look and what they say. */
  readonly look: Look;
  /** Whether the URLs are the operator's own; else they are made from the host and the port. */
  readonly publicUrlGiven: boolean;
  /** Whether a command, in the same environment and folder, finds the database without being told. */
  readonly commandsFindDatabase: boolean;
  /** The issuer, byte for byte as configured (RFC 8414 §2). */
  readonly issuer: string;
  /** The protected resource: the URL that people type into their client, byte for byte (RFC 9728 §1.2). */
  readonly resource: string;
  /** The path of `publicUrl`, which every path below it begins with: "" or "/app". */
  readonly basePath: string;
  /** The master secrets, newest first; undefined means the key file beside the database. */
  readonly secrets: readonly string[] | undefined;
  readonly catalogue: ScopeCatalogue;
  readonly clients: readonly Client[];
  /** Where people are sent without a click. */
  readonly trustedRedirects: RedirectList;
  /** Where clients may send people that the operator did not register; undefined for anywhere. */
  readonly redirectHosts: RedirectList | undefined;
  /** Whether a proxy looks up the hosts of documents and keys that have no address here. */
  readonly unresolvedDocumentHosts: boolean;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Where what is public is served without a token; undefined where the MCP endpoint itself does that. */
  readonly publicPath: string | undefined;
  /** Where Prometheus reads; undefined where nothing is measured. */
  readonly metrics: MetricsSetting | undefined;
};

/** A port of their own, or the main one behind a token; both where both are given. */
export type MetricsSetting = {
  /** Undefined: `/metrics` on the main port. */
  readonly port: number | undefined;
  readonly host: string;
  readonly token: string | undefined;
};

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
