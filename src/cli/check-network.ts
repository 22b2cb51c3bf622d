import type { SignInMethod } from "../authorization-server/sign-in/method.ts";
import { parseAdmit } from "../config/admit.ts";
import { namesSignIn } from "../config/sign-in/environment.ts";
import type { Environment } from "../config/variables.ts";
import { redirectUriOf } from "../core/upstream-urls.ts";
import { type Check, checkNetwork, type WellKnownDocument } from "../operations/network-checks.ts";
import { systemClock } from "../platform/clock.ts";
import { shownProxy } from "../platform/outbound-proxy.ts";
import { fetchJsonThrough, fetchThrough } from "../platform/proxy-tunnel.ts";
import { allowUnresolvedDocumentHosts, resolveName, safeFetch } from "../platform/safe-fetch.ts";
import { problemsOfDatabase } from "./check-database.ts";
import { type NetworkFlags, networkSettings } from "./network-settings.ts";
import { bold, print, printJson, printTable } from "./output.ts";

/** Says what cannot be reached from here. The exit code is 1 if something is wrong. */
export async function checkNetworkCommand(flags: NetworkFlags & { readonly json?: true }): Promise<void> {
  const { environment, settings, proxy, providers, hasDatabase } = await networkSettings(flags);
  const methods = await methodsOf(settings.issuer, environment);
  const fetchIt = fetchThrough(proxy);
  const checks = await checkNetwork({
    server: settings,
    providers,
    signIn: methods.flatMap(({ name, provider }) =>
      provider ? [{ name, ...provider, redirectUri: redirectUriOf(settings.issuer, name) }] : [],
    ),
    reaches: methods.flatMap(({ name, reach }) =>
      reach
        ? [{ name, reach: () => reach({ fetch: fetchIt, clock: systemClock, issuer: settings.issuer }) }]
        : [],
    ),
    hasProxy: proxy !== undefined,
    documents: WELL_KNOWN_DOCUMENTS,
    fetchJson: fetchJsonThrough(proxy),
    fetchDocument: (url) =>
      safeFetch(url, {
        maxBytes: MAXIMUM_BYTES,
        proxy,
        [allowUnresolvedDocumentHosts]: settings.unresolvedDocumentHosts,
      }),
    resolve: (name) => resolveName(name, AbortSignal.timeout(RESOLVE_MS)),
    databaseProblems: hasDatabase ? () => problemsOfDatabase(settings) : undefined,
  });
  const isWell = checks.every(({ result }) => result !== "failed");
  if (flags.json) printJson({ ok: isWell, proxy: proxy ? shownProxy(proxy) : null, checks });
  else printChecks(checks, proxy ? shownProxy(proxy) : "none", isWell);
  if (!isWell) process.exitCode = 1;
}

/** @throws ConfigurationError for what would stop the server as well */
async function methodsOf(issuer: string, environment: Environment): Promise<readonly SignInMethod[]> {
  if (!namesSignIn(environment)) return [];
  const { signInFromEnvironment } = await import("../authorization-server/sign-in/environment.ts");
  const { readSignInList } = await import("../authorization-server/sign-in/sign-in-list.ts");
  const said = signInFromEnvironment(environment);
  const { methods } = readSignInList(said.signIn);
  parseAdmit(said.admit, methods, environment);
  for (const { requireUsableAt } of methods) requireUsableAt?.(issuer);
  return methods;
}

/** Documents of clients that many people use. */
const WELL_KNOWN_DOCUMENTS: readonly WellKnownDocument[] = [
  { client: "Claude", url: "https://claude.ai/oauth/mcp-oauth-client-metadata" },
  { client: "Claude Code", url: "https://claude.ai/oauth/claude-code-client-metadata" },
  { client: "VS Code", url: "https://vscode.dev/oauth/client-metadata.json" },
];
const MAXIMUM_BYTES = 64 * 1024;
const RESOLVE_MS = 5000;

function printChecks(checks: readonly Check[], proxy: string, isWell: boolean): void {
  printTable(
    ["RESULT", "WHAT", "DETAIL"],
    [
      ["-", "proxy", proxy],
      ...checks.map(({ what, result, detail, advice }) => [
        result,
        what,
        advice === undefined ? detail : `${detail}. ${advice}`,
      ]),
    ],
  );
  print(`\n${bold(isWell ? "All is well." : "Something is wrong.")}`);
}
