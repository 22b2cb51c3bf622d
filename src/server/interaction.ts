import { accountRoutes } from "../authorization-server/account/account.ts";
import { accountGoals } from "../authorization-server/account/account-goals.ts";
import {
  type AccountVisitsParts,
  createAccountVisits,
} from "../authorization-server/account/account-visits.ts";
import { createPageTokens } from "../authorization-server/account/page-tokens.ts";
import type { NamedPart } from "../authorization-server/account/parts.ts";
import { createSignedInHere, type SignedInHere } from "../authorization-server/account/signed-in-here.ts";
import type { Clients } from "../authorization-server/clients/clients.ts";
import { createAnswerClient } from "../authorization-server/interaction/answer-client.ts";
import { authorizationGoals } from "../authorization-server/interaction/authorization-goal.ts";
import { authorizeRoute } from "../authorization-server/interaction/authorize.ts";
import { CONSENT, consentRoute } from "../authorization-server/interaction/consent.ts";
import type { FurtherStep } from "../authorization-server/interaction/interactions.ts";
import { createInteractions } from "../authorization-server/interaction/interactions.ts";
import { createSettleRedirect } from "../authorization-server/interaction/settle-redirect.ts";
import {
  type AccountSessionsParts,
  createAccountSessions,
} from "../authorization-server/people/account-sessions.ts";
import type { CheckActive } from "../authorization-server/people/active.ts";
import { createBrowserBinding } from "../authorization-server/people/create-browser-binding.ts";
import type { Organizations } from "../authorization-server/people/organizations.ts";
import type { Recorder } from "../authorization-server/recorder.ts";
import type { AccountPart } from "../authorization-server/sign-in/account-part.ts";
import { createAdmission } from "../authorization-server/sign-in/admission.ts";
import { companyRoutes } from "../authorization-server/sign-in/companies.ts";
import { eitherGoals, visitsOf } from "../authorization-server/sign-in/goals.ts";
import { createAttempts } from "../authorization-server/sign-in/guessing/attempts.ts";
import { createLacksFactor } from "../authorization-server/sign-in/lacking-factor.ts";
import { loginRoute, type PasswordMethod, SIGN_IN } from "../authorization-server/sign-in/login.ts";
import type { MethodParts, Print, SignInMethod } from "../authorization-server/sign-in/method.ts";
import {
  createPasswordCheck,
  type PasswordParts,
} from "../authorization-server/sign-in/password/check-password.ts";
import { createPendingProofs, createPendingUrls } from "../authorization-server/sign-in/pending-proofs.ts";
import { createRefusal } from "../authorization-server/sign-in/refusal.ts";
import type { FactorParts, OpenFactor, SecondFactor } from "../authorization-server/sign-in/second-factor.ts";
import { type NamedMethod, signInPageOf } from "../authorization-server/sign-in/sign-in-page.ts";
import { createSignIns } from "../authorization-server/sign-in/sign-ins.ts";
import { createRevokeGrant } from "../authorization-server/tokens/revoke-grant.ts";
import type { ConnectLinks } from "../authorization-server/upstreams/connect/connect-links.ts";
import { createConnecting } from "../authorization-server/upstreams/connect/connecting.ts";
import { createKeepAtSignIn } from "../authorization-server/upstreams/keep-at-sign-in.ts";
import type { UpstreamVault } from "../authorization-server/upstreams/vault.ts";
import { type Admission, isShutOut } from "../config/admit.ts";
import type { Settings } from "../config/settings.ts";
import { ConfigurationError } from "../core/errors.ts";
import type { Route } from "../http/route.ts";
import { checkTemplateMethods } from "../pages/login-template.ts";
import type { Clock } from "../platform/clock.ts";
import type { PlainFetch } from "../platform/fetch-json.ts";
import type { Log } from "../platform/logging.ts";
import type { Keyring } from "../platform/secrets/keyring.ts";
import type { Counters } from "../store/counters.ts";
import type { Store } from "../store/store.ts";
import { howToRunCommands } from "./operator-commands.ts";

/** What the way of a person takes. */
export type InteractionParts = {
  readonly settings: Settings;
  readonly store: Store;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly keyring: Keyring;
  readonly clients: Clients;
  readonly log: Log;
  /** How people sign in. */
  readonly methods: readonly SignInMethod[];
  /** What they prove after a password or a mail link. */
  readonly factor?: SecondFactor | undefined;
  /** Who may come in. */
  readonly admission: Admission;
  /** Where providers of identities are asked. */
  readonly fetch: PlainFetch;
  /** What people have at other services, and the links by which they connect them. */
  readonly vault: UpstreamVault;
  readonly links: ConnectLinks;
  /** Between the sign-in and the decision. */
  readonly furtherSteps: readonly FurtherStep[];
  readonly toolsByScope: () => ReadonlyMap<string, readonly string[]>;
  readonly onGrantRevoked: (grantId: string) => void;
  /** A person was signed out, or is another one now. */
  readonly onPersonChanged: (personId: string) => void;
};

/** What functions of the operator's say of people. */
export type OperatorsAnswers = {
  readonly checkActive: CheckActive;
  /** Undefined where there are none. */
  readonly organizations: Organizations | undefined;
};

/** What a person meets, and what its methods do once the server has started. */
export type Interaction = {
  /** Who is signed in, for pages outside the account. */
  readonly account: SignedInHere;
  readonly routes: readonly Route[];
  readonly started: (print: Print | undefined) => Promise<void>;
};

/** The way of a person: from `/oauth/authorize` over the steps of the policy back to the client. */
export async function openInteraction(
  parts: InteractionParts,
  recorder: Recorder,
  { checkActive, organizations }: OperatorsAnswers,
): Promise<Interaction> {
  const { settings, keyring, furtherSteps, admission } = parts;
  const { issuer, look } = settings;
  const factor = parts.factor && (await openFactor(parts.factor, { ...parts, recorder, issuer, look }));
  const lacksFactor = factor && createLacksFactor(factor, parts.methods);
  const binding = createBrowserBinding({ ...parts, ...settings, lacksFactor });
  const interactions = createInteractions({
    ...parts,
    policy: [SIGN_IN, ...furtherSteps.map(({ step }) => step), CONSENT],
    binding,
    issuer,
    look,
  });
  const accounts = openAccounts({ ...parts, ...settings, binding, lacksFactor });
  const goals = eitherGoals(accountGoals(accounts), authorizationGoals(interactions));
  const refuse = createRefusal({ look, issuer, contact: admission.contact });
  const pending = { keyring, clock: parts.clock, issuer };
  const admit = createAdmission(admission);
  const signIns = createSignIns({
    ...parts,
    goals,
    recorder,
    checkActive,
    admit,
    refuse,
    keepTokens: createKeepAtSignIn(parts),
    factor: factor && { ...factor, pending: createPendingUrls(pending) },
  });
  const visits = visitsOf(goals);
  const shared = { recorder, checkActive, organizations, visits, signIns };
  const common = { ...settings, ...parts, ...shared, interactions };
  const attempts = createAttempts(parts);
  const methods = await openMethods(parts.methods, {
    ...common,
    admit,
    attempts,
    signInPage: signInPageOf(issuer),
    howToRun: howToRunCommands(settings),
  });
  const password = passwordMethod(methods, { keyring, attempts, recorder });
  checkOwnPage(settings, methods, password !== undefined);
  const answering = {
    ...common,
    settleRedirect: createSettleRedirect(settings),
    revokeGrant: createRevokeGrant({ ...parts, recorder }),
    answerClient: createAnswerClient(settings),
  };
  const reset = passwordResetOf(methods);
  const connecting = createConnecting({ ...common, ...accounts });
  const routes = [
    authorizeRoute(answering),
    loginRoute({ ...common, methods, password, forgottenPasswordUrl: reset?.url }),
    ...(reset ? [reset.route] : []),
    ...companyRoutes({ ...common, methods }),
    ...methods.flatMap(({ routes }) => routes),
    ...(factor?.routes(createPendingProofs({ ...pending, visits, signIns, refuse })) ?? []),
    ...furtherSteps.flatMap(({ routes }) => routes(interactions)),
    consentRoute({ ...answering, minter: { keyring, issuer } }),
    ...accountRoutes({
      ...common,
      ...accounts,
      methods,
      parts: [...accountPartsOf([...methods, ...(factor ? [factor] : [])]), connecting.part],
      revokeGrant: answering.revokeGrant,
      organizationsCalled: organizations?.called ?? "",
      serviceLabel: (name) => settings.upstreams[name]?.label ?? name,
    }),
    ...connecting.routes,
  ];
  return {
    routes,
    account: createSignedInHere({ ...accounts, issuer }),
    async started(print) {
      for (const { name } of parts.methods.filter((method) => isShutOut(method, admission))) {
        parts.log.info(
          `${name}: admit lets no one in who signs in with it, because admit lists only addresses, and without its option domains none of its addresses counts. Set domains.`,
        );
      }
      connecting.started();
      for (const method of methods) await method.started?.(print);
    },
  };
}

/** What the account page, and a sign-in for it, are made of. */
function openAccounts(parts: AccountVisitsParts & AccountSessionsParts) {
  const visits = createAccountVisits(parts);
  return { visits, sessions: createAccountSessions(parts), pageTokens: createPageTokens(parts) };
}

async function openMethods(
  methods: readonly SignInMethod[],
  parts: Omit<MethodParts, "methods">,
): Promise<readonly NamedMethod[]> {
  let opened: readonly NamedMethod[] = [];
  const all = { ...parts, methods: () => opened };
  opened = await Promise.all(
    methods.map(async ({ name, label, people, open }) => ({
      name,
      label,
      people,
      ...(await open(all)),
    })),
  );
  return opened;
}

async function openFactor(factor: SecondFactor, parts: FactorParts): Promise<NamedFactor> {
  return { name: factor.name, ...(await factor.open(parts)) };
}

type NamedFactor = OpenFactor & Pick<SecondFactor, "name">;

/** What they add to the account page. */
function accountPartsOf(
  ways: readonly { readonly name: string; readonly account?: AccountPart | undefined }[],
): readonly NamedPart[] {
  return ways.flatMap(({ name, account: part }) => (part ? [{ name, part }] : []));
}

/** How a password of the directory is set anew by mail; undefined where the server has no directory, or sends no mail. */
function passwordResetOf(methods: readonly NamedMethod[]): NamedMethod["passwordReset"] {
  if (!methods.some(({ hasResettablePasswords = false }) => hasResettablePasswords)) return undefined;
  return methods.find(({ passwordReset }) => passwordReset !== undefined)?.passwordReset;
}

/** Whether the operator's own login page, in code or as HTML, has all that the ways to sign in need. */
function checkOwnPage(
  { loginHandler, loginTemplate }: Pick<Settings, "loginHandler" | "loginTemplate">,
  methods: readonly NamedMethod[],
  hasPassword: boolean,
): void {
  if (loginHandler && !hasPassword) {
    throw new ConfigurationError(
      "loginHandler would do nothing: it answers with a form for a username and a password, and signIn has no way to sign in with them. Add users() or password(checkUser), or leave loginHandler out.",
    );
  }
  if (loginTemplate === undefined) return;
  const hasOthers = methods.some(({ panel }) => panel.kind !== "password");
  checkTemplateMethods(loginTemplate, { hasPassword, hasOthers });
}

/** The one whose username and password the page's own form takes. */
function passwordMethod(methods: readonly NamedMethod[], parts: PasswordParts): PasswordMethod | undefined {
  const [first, second] = methods.flatMap((method) =>
    method.panel.kind === "password" ? [{ method, check: method.panel.check }] : [],
  );
  if (second) {
    throw new ConfigurationError(
      `signIn has ${first?.method.name}() and ${second.method.name}(), which both take a username and a password. Keep one of them.`,
    );
  }
  return first && { method: first.method, checkPassword: createPasswordCheck(first.check, parts) };
}
