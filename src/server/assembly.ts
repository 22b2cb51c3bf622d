import { requireKeptUpstreams } from "../authorization-server/sign-in/kept-upstreams.ts";
import { password } from "../authorization-server/sign-in/password/password.ts";
import type { SignInPart } from "../authorization-server/sign-in/second-factor.ts";
import { readSignInList } from "../authorization-server/sign-in/sign-in-list.ts";
import { type AdmitOption, parseAdmit } from "../config/admit.ts";
import { environmentOptions, loadEnvironment } from "../config/environment.ts";
import { meantName } from "../config/misspelling.ts";
import { parseOptions } from "../config/options.ts";
import type { OAuthServerOptions } from "../config/options-schema.ts";
import { requireOptions, wrongValue } from "../config/problems.ts";
import {
  type AuthorizationServerMetadata,
  parseAuthorizationServerMetadata,
} from "../config/protect-options.ts";
import { type ProviderOptions, parseAlsoAccepted, parseProviders } from "../config/provider-options.ts";
import type { CheckUser, Settings } from "../config/settings.ts";
import { ConfigurationError } from "../core/errors.ts";
import type { McpFactory, McpIdentity } from "../mcp/servers/servers.ts";
import type { Log } from "../platform/logging.ts";
import { readProxy } from "../platform/outbound-proxy.ts";
import { type EmbeddedServer, openServer } from "./open-embedded-server.ts";
import { openProtectedServer } from "./open-protected-server.ts";
import type { OpenServer, ServerParts } from "./open-server.ts";

/** What is not a plain setting, but code or words for the model. */
export type CreateCode = {
  /** Your own factory of SDK servers, called for each request, in place of `registerTool` and its siblings. */
  readonly mcp?: McpFactory | undefined;
  /** How to use the server, for the model that will. */
  readonly instructions?: string | undefined;
  /** Verifies the state that clients carry between the rounds of a call: `createRequestStateCodec` of the SDK is one. */
  readonly requestState?: McpIdentity["requestState"] | undefined;
  /** Where log lines go; standard output by default, pretty on a terminal. */
  readonly log?: Log | undefined;
};

export type CreateOptions = OAuthServerOptions &
  CreateCode & {
    /** Providers whose tokens open the server beside its own: to move from one to the other, or for two kinds of people. */
    readonly alsoAccept?: ProviderOptions | readonly ProviderOptions[] | undefined;
  };

/** How people sign in here. */
export type SignIn = {
  /**
   * The ways to sign in, in the order of the page: `password(checkUser)`, `users()`, `google({ … })` and so on. One of them may be a
   * second factor, which comes after a password or a mail link: `totp({ … })`.
   */
  readonly signIn: readonly SignInPart[];
  /** Who may come in. Required where anyone can make an account with one of them, as at Google. */
  readonly admit?: AdmitOption | undefined;
};

/** Somebody else's authorization server, or several, in place of our own. */
export type Authorization = {
  readonly authorization: ProviderOptions | readonly ProviderOptions[];
  /**
   * How clients that look for the authorization server on this host are answered: sent to the provider's document, or
   * given a copy of it. Default "redirect".
   */
  readonly authorizationServerMetadata?: AuthorizationServerMetadata | undefined;
};

/** What a server is made of, and how it is opened once its URLs are known. */
export type Assembly<Opened extends OpenServer> = {
  readonly settings: Settings;
  readonly code: CreateCode;
  readonly open: (parts: ServerParts) => Promise<Opened>;
};

/** A server with people, clients and grants of its own. */
export function embeddedServer(
  name: string,
  access: CheckUser | SignIn,
  given: CreateOptions,
): Assembly<EmbeddedServer> {
  const { signIn, admit } = signInOf(access);
  const { methods, factor } = readSignInList(signIn);
  const { code, options, alsoAccept: accepted } = splitOptions(given);
  const environment = loadEnvironment();
  const settings = parseOptions(name, options, environmentOptions(environment, options.path));
  requireKeptUpstreams(methods, settings.upstreams);
  requirePeople(code, settings);
  const admission = parseAdmit(admit, methods, environment);
  const alsoAccept = parseAlsoAccepted(accepted, settings);
  const proxy = readProxy(environment);
  return {
    settings,
    code,
    open: (parts) => openServer({ ...parts, proxy, methods, factor, admission, alsoAccept }),
  };
}

function signInOf(access: CheckUser | SignIn): SignIn {
  if (typeof access === "function") return { signIn: [password(access)] };
  const { signIn, admit, ...unknown } = access;
  const [name] = Object.keys(unknown);
  if (name !== undefined) {
    throw new ConfigurationError(
      `The second argument has ${name}, which is not one of signIn and admit. Options are the third argument.`,
    );
  }
  return { signIn, admit };
}

function meant(access: unknown): string {
  const [name = ""] = typeof access === "object" && access !== null ? Object.keys(access) : [];
  const near = name === "" ? undefined : meantName(name, ["signIn", "authorization"]);
  return near === undefined ? "" : `: it has ${name}. Did you mean ${near}?`;
}

/** A server in front of a provider, which says who people are and what scopes there are. */
export function protectedServer(
  name: string,
  access: Authorization,
  given: CreateOptions,
): Assembly<OpenServer> {
  if (typeof access?.authorization !== "object") {
    const what =
      access === undefined
        ? "is missing"
        : `is neither a function nor has signIn or authorization${meant(access)}`;
    throw new ConfigurationError(
      `The second argument ${what}. Give checkUser(username, password), { signIn: [users()] }, or { authorization: { issuer, audience } }.`,
    );
  }
  const { code, options, alsoAccept } = splitOptions(given);
  if (alsoAccept !== undefined) {
    throw new ConfigurationError(
      "alsoAccept is for a server with its own sign-in. Put both providers into authorization, as a list.",
    );
  }
  if (options.upstreams !== undefined) {
    throw new ConfigurationError(
      "upstreams is for a server with its own sign-in, which knows who connects what. Leave it out.",
    );
  }
  const environment = loadEnvironment();
  const settings = parseOptions(name, options, environmentOptions(environment, options.path), null);
  if (settings.organizations) {
    throw new ConfigurationError(
      "organizations is for a server with its own sign-in. A provider that knows them puts them into its tokens: read auth.claims.",
    );
  }
  requirePeople(code, settings);
  const providers = parseProviders(access.authorization, settings.resource);
  const authorizationServerMetadata = parseAuthorizationServerMetadata(access.authorizationServerMetadata);
  const proxy = readProxy(environment);
  return {
    settings,
    code,
    open: async (parts) => openProtectedServer({ ...parts, proxy, providers, authorizationServerMetadata }),
  };
}

function splitOptions(given: CreateOptions): {
  readonly code: CreateCode;
  readonly options: OAuthServerOptions;
  readonly alsoAccept: CreateOptions["alsoAccept"];
} {
  requireOptions("The third argument", given, '{ publicUrl: "https://mcp.example.com" }');
  const { mcp, log, instructions, requestState, alsoAccept, ...options } = given;
  const code = { mcp, log, instructions, requestState };
  for (const [name, { is, must }] of Object.entries(CODE)) {
    const value: unknown = Reflect.get(code, name);
    if (value !== undefined && !is(value)) throw wrongValue(name, value, must);
  }
  return { code, options, alsoAccept };
}

/** What a factory makes is for a person, and of its tools it is not known whether they are. */
function requirePeople({ mcp }: CreateCode, { askToSignIn }: Pick<Settings, "askToSignIn">): void {
  if (mcp === undefined || askToSignIn === "connect") return;
  throw new ConfigurationError(
    'askToSignIn is "call", and mcp is given. Only tools that are registered with registerTool can be public: remove one of the two.',
  );
}

/** What each of them has to be: no schema sees it, since a function cannot be looked into. */
const CODE: Readonly<
  Record<keyof CreateCode, { readonly is: (given: unknown) => boolean; readonly must: string }>
> = {
  mcp: { is: (given) => typeof given === "function", must: "a function that makes a server of the SDK" },
  log: {
    is: (given) => isObject(given) && hasFunctions(given, LOG_FUNCTIONS),
    must: "an object with the functions event, error, info and debug",
  },
  instructions: { is: (given) => typeof given === "string", must: "a text for the model" },
  requestState: {
    is: (given) => isObject(given) && hasFunctions(given, ["verify"]),
    must: "an object with a function verify, such as createRequestStateCodec of the SDK makes",
  },
};

const LOG_FUNCTIONS = ["event", "error", "info", "debug"] as const satisfies readonly (keyof Log)[];

function isObject(given: unknown): given is object {
  return typeof given === "object" && given !== null;
}

function hasFunctions(given: object, names: readonly string[]): boolean {
  return names.every((name) => typeof Reflect.get(given, name) === "function");
}
