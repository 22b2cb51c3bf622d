import { createAnswerClient } from "../authorization-server/interaction/answer-client.ts";
import { authorizationGoals } from "../authorization-server/interaction/authorization-goal.ts";
import { authorizeRoute } from "../authorization-server/interaction/authorize.ts";
import { CONSENT, consentRoute } from "../authorization-server/interaction/consent.ts";
import { createInteractions } from "../authorization-server/interaction/interactions.ts";
import { createSettleRedirect } from "../authorization-server/interaction/settle-redirect.ts";
import { createBrowserBinding } from "../authorization-server/people/create-browser-binding.ts";
import type { Recorder } from "../authorization-server/recorder.ts";
import { visitsOf } from "../authorization-server/sign-in/goals.ts";
import { createAttempts } from "../authorization-server/sign-in/guessing/attempts.ts";
import { loginRoute, type PasswordMethod, SIGN_IN } from "../authorization-server/sign-in/login.ts";
import type { MethodParts, SignInMethod } from "../authorization-server/sign-in/method.ts";
import {
  createPasswordCheck,
  type PasswordParts,
} from "../authorization-server/sign-in/password/check-password.ts";
import { refusalPage } from "../authorization-server/sign-in/refusal.ts";
import { type NamedMethod, signInPageOf } from "../authorization-server/sign-in/sign-in-page.ts";
import { createSignIns } from "../authorization-server/sign-in/sign-ins.ts";
import { ConfigurationError } from "../core/errors.ts";
import type { Route } from "../http/route.ts";
import { checkTemplateMethods } from "../pages/login-template.ts";
import type { AuthorizationServerParts } from "./authorization-server.ts";

/** The way of a person: from `/oauth/authorize` over the steps of the policy back to the client. */
export async function interactionRoutes(
  parts: AuthorizationServerParts,
  recorder: Recorder,
): Promise<readonly Route[]> {
  const { settings, keyring, furtherSteps } = parts;
  const { issuer, name: appName } = settings;
  const interactions = createInteractions({
    ...parts,
    policy: [SIGN_IN, ...furtherSteps.map(({ step }) => step), CONSENT],
    binding: createBrowserBinding({ ...parts, ...settings }),
    issuer,
    appName,
  });
  const goals = authorizationGoals(interactions);
  const signIns = createSignIns({
    ...parts,
    goals,
    recorder,
    refusalPage: refusalPage({ appName, issuer }),
  });
  const visits = visitsOf(goals);
  const common = { ...settings, ...parts, appName, interactions, recorder, visits, signIns };
  const attempts = createAttempts(parts);
  const methods = await openMethods(parts.methods, {
    ...common,
    attempts,
    signInPage: signInPageOf(issuer),
  });
  const password = passwordMethod(methods, { keyring, attempts, recorder });
  if (settings.loginTemplate !== undefined) {
    const others = methods.filter(({ panel }) => panel.kind !== "password");
    checkTemplateMethods(settings.loginTemplate, {
      hasPassword: password !== undefined,
      hasOthers: others.length > 0,
    });
  }
  const answering = {
    ...common,
    settleRedirect: createSettleRedirect(settings),
    answerClient: createAnswerClient({ ...settings, appName }),
  };
  return [
    authorizeRoute(answering),
    loginRoute({ ...common, methods, password }),
    ...methods.flatMap(({ routes }) => routes),
    ...furtherSteps.flatMap(({ routes }) => routes(interactions)),
    consentRoute({ ...answering, minter: { keyring, issuer } }),
  ];
}

async function openMethods(
  methods: readonly SignInMethod[],
  parts: MethodParts,
): Promise<readonly NamedMethod[]> {
  const names = methods.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new ConfigurationError(
      `signIn has two methods with the name "${twice}". Give one of them another name.`,
    );
  }
  return Promise.all(
    methods.map(async ({ name, label, people, open }) => ({
      name,
      label,
      people,
      ...(await open(parts)),
    })),
  );
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
