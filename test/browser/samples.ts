import { SIGN_IN_PROBLEMS } from "../../src/authorization-server/sign-in/sign-in-problems.ts";
import { actionForm } from "../../src/pages/account/form.ts";
import { accountNotice } from "../../src/pages/account/notices.ts";
import { accountPage } from "../../src/pages/account/page.ts";
import { accountPasswordSection } from "../../src/pages/account/password.ts";
import { accountRefusedPage } from "../../src/pages/account/refused.ts";
import { signedOutPage } from "../../src/pages/account/signed-out.ts";
import type { AccountValues } from "../../src/pages/account/values.ts";
import { companyField } from "../../src/pages/company-field.ts";
import { noOrganizationPage } from "../../src/pages/consent/no-organization.ts";
import { consentPage } from "../../src/pages/consent/page.ts";
import { alreadyApprovedPage } from "../../src/pages/done.ts";
import { errorPage } from "../../src/pages/error.ts";
import { invitationPage, passwordSetPage } from "../../src/pages/invitation.ts";
import { loginPage } from "../../src/pages/login.ts";
import { createLook } from "../../src/pages/look.ts";
import { notAdmittedPage } from "../../src/pages/not-admitted.ts";
import { returnPage } from "../../src/pages/return.ts";
import { signInAgainPage } from "../../src/pages/sign-in-again.ts";
import { statusPage } from "../../src/pages/status.ts";
import { ABSURD_APPS, appSamples, NO_APPS, SOME_APPS } from "./app-samples.ts";
import { consentSamples } from "./consent-samples.ts";
import { mailSamples } from "./mail-samples.ts";
import { upstreamSamples } from "./upstream-samples.ts";

/** One of each page, as it comes up in practice, and then what nobody should send but somebody will. */
/** A square, as a data URL. */
const PICTURE = `data:image/svg+xml;base64,${Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" fill="#7a3ff2"/><circle cx="12" cy="12" r="6" fill="#fff"/></svg>',
).toString("base64")}`;

export const ORGANIZATIONS = [
  { id: "acme", name: "Acme Rockets", description: "Rockets, anvils and giant magnets", picture: PICTURE },
  { id: "globex", name: "Globex" },
  { id: "personal", name: "Ada’s own", description: "Only you" },
] as const;

export const SAMPLES = samplesIn(createLook);

/** @param lookOf makes the look of an application of this name */
export function samplesIn(lookOf: typeof createLook): Readonly<Record<string, string>> {
  const look = lookOf({ name: "my-app" });
  const mail = mailSamples(look);
  const upstreams = upstreamSamples(look);
  const consent = {
    look,
    action: "/oauth/consent",
    state: "sealed",
    personName: "Ada Lovelace",
    switchAction: "/oauth/login?switch=1",
  } as const;

  const invitation = { look, action: "/oauth/invitation", token: "token" } as const;

  const login = {
    look,
    action: "/oauth/login",
    state: "sealed",
    client: {
      name: "Claude",
      id: "https://claude.ai/oauth/mcp-oauth-client-metadata",
      origin: "metadata_document",
      holdsKey: false,
    },
    panels: [
      { name: "google", label: "Google", url: "/oauth/sign-in/google" },
      { name: "github", label: "GitHub", url: "/oauth/sign-in/github" },
      { name: "entra", label: "Microsoft", url: "/oauth/sign-in/entra" },
    ],
  } as const;

  function company(address = "", isUnknown = false, isOnly = false) {
    return {
      name: "company",
      html: companyField({ look, action: "/oauth/company", state: "sealed", address, isUnknown, isOnly }),
    };
  }

  const SELF = { origin: "registered", holdsKey: false } as const;
  const cursor = { name: "Cursor", id: "dcr_qh8aZf0u1Rz2", ...SELF } as const;
  const claude = {
    name: "Claude",
    id: "https://claude.ai/oauth/mcp-oauth-client-metadata",
    origin: "metadata_document",
    holdsKey: false,
  } as const;
  const evil = { ...claude, id: "https://evil.example/client.json" } as const;

  const todoScopes = [
    {
      scope: "mcp",
      description: "Connect to this server and use its basic tools",
      tools: ["echo", "get_time", "get_user_info", "get_me"],
      locked: true,
      checked: true,
    },
    {
      scope: "todo:read",
      description: "See your to-do list",
      tools: ["list_todos"],
      locked: false,
      checked: true,
    },
    {
      scope: "todo:write",
      description: "Add items to your to-do list",
      tools: ["create_todo"],
      locked: false,
      checked: true,
    },
  ];

  const NOON = Date.UTC(2026, 10, 1, 12);
  const DAY_MS = 24 * 60 * 60 * 1000;

  const accountForm = { action: "/account", pageToken: "sealed" } as const;

  const passwordSection = (problem: string | undefined, canChange = true) =>
    accountPasswordSection({
      look,
      username: "ada",
      canChange,
      problem,
      form: (fields) => actionForm(accountForm, "users.change_password", fields),
    });

  const account: AccountValues = {
    look,
    ...accountForm,
    notice: undefined,
    question: undefined,
    person: {
      id: "kQ7c0x2VbTh5s9kXw3mZ1A",
      name: "Ada Lovelace",
      emails: ["ada@example.com", "ada@engines.example"],
      groups: ["engineering"],
    },
    canChange: true,
    apps: SOME_APPS,
    sessions: [
      {
        id: "session-1",
        isThis: true,
        method: "Google",
        browser: "Chrome on Windows",
        address: "203.0.113.7",
        createdAt: NOON - DAY_MS,
        usedAt: NOON,
      },
      {
        id: "session-2",
        isThis: false,
        method: "GitHub",
        browser: "Safari on iPhone",
        address: "2001:db8::7:1",
        createdAt: NOON - 3 * DAY_MS,
        usedAt: NOON - DAY_MS,
      },
    ],
    moreSessions: 0,
    identities: [
      {
        id: "identity-1",
        label: "ada@example.com",
        method: "Google",
        createdAt: NOON - 90 * DAY_MS,
        usedAt: NOON - DAY_MS,
        removal: "possible",
      },
      {
        id: "identity-2",
        label: "ada",
        method: look.texts.account.identities.password,
        createdAt: NOON - 80 * DAY_MS,
        usedAt: null,
        removal: "by_operator",
      },
    ],
    links: [
      { name: "github", label: "GitHub" },
      { name: "okta", label: "Okta" },
    ],
    services: [],
    sections: [passwordSection(undefined)],
    hasProblem: false,
    signIns: [
      { outcome: "ok", at: NOON - DAY_MS, method: "Google", address: "203.0.113.7" },
      { outcome: "refused", at: NOON - 2 * DAY_MS, method: "GitHub", address: "198.51.100.23" },
      { outcome: "ok", at: NOON - 3 * DAY_MS, method: undefined, address: undefined },
    ],
  };

  const question = {
    pageToken: "sealed question",
    method: "Google",
    label: "ada@gmail.example",
    noUrl: "/account?page_token=sealed",
  } as const;

  const longName = "Extraordinarily-Long-Client-Name-".repeat(7).slice(0, 200);

  return {
    login: loginPage({ look, action: "/oauth/login", state: "sealed", client: claude }),
    "login-remembered": loginPage({
      look,
      action: "/oauth/login",
      state: "sealed",
      client: {
        name: "Weekly reports",
        id: "reports",
        origin: "preregistered",
        holdsKey: true,
        remembersConsent: true,
      },
    }),
    "login-refused": loginPage({
      look,
      action: "/oauth/login",
      state: "sealed",
      client: claude,
      username: "ada",
      errorMessage: look.texts.login.problems.incorrect,
    }),
    "login-methods": loginPage({ ...login, action: undefined }),
    "login-password-and-methods": loginPage(login),
    "login-companies": loginPage({ ...login, panels: [company(), ...login.panels] }),
    "login-companies-unknown": loginPage({
      ...login,
      panels: [company("ada@nowhere.example", true, true)],
      methodProblem: look.texts.login.problems.unknownCompany,
    }),
    "login-account": loginPage({ ...login, client: undefined }),
    "login-methods-absurd": loginPage({
      ...login,
      username: "w".repeat(300),
      errorMessage: `${"unbreakable".repeat(40)} and so on.`,
      panels: Array.from({ length: 12 }, (_, index) => ({
        name: `method-${index}`,
        label: `Method ${index} ${"of-a-very-long-name".repeat(index)}`,
        url: "/oauth/sign-in/method",
      })),
    }),
    ...Object.fromEntries(
      SIGN_IN_PROBLEMS.map((problem) => [
        `login-${problem.replaceAll("_", "-")}`,
        loginPage({ ...login, methodProblem: look.texts.login.ofMethod[problem]("Google") }),
      ]),
    ),
    invitation: invitationPage({
      ...invitation,
      username: undefined,
      isReset: false,
    }),
    "invitation-refused": invitationPage({
      ...invitation,
      username: undefined,
      typedUsername: "ada",
      isReset: false,
      errorMessage: look.texts.username.taken,
    }),
    "invitation-named": invitationPage({ ...invitation, username: "ada@example.com", isReset: false }),
    "password-reset": invitationPage({ ...invitation, username: "ada", isReset: true }),
    "password-reset-refused": invitationPage({
      ...invitation,
      look: lookOf({ name: `An application ${"with a very long name ".repeat(8)}` }),
      username: "w".repeat(64),
      isReset: true,
      minutesLeft: 10,
      errorMessage: look.texts.invitation.passwordsDiffer,
    }),
    "password-set": passwordSetPage({
      look,
      username: "ada",
      isReset: true,
      accountUrl: "https://mcp.example/account",
    }),
    "password-set-absurd": passwordSetPage({
      look: lookOf({ name: `An application ${"with a very long name ".repeat(8)}` }),
      username: "w".repeat(64),
      isReset: false,
      accountUrl: "https://mcp.example/account",
    }),
    "link-ended": errorPage({
      look,
      title: look.texts.error.linkCannotBeUsed,
      whatHappened: look.texts.error.linkEnded,
      whatToDo: look.texts.invitation.whenEnded,
      correlationId: "01JD3M7Z8Q4V9T2K5R6X1Y0WBC",
      status: 400,
    }),
    "consent-https": consentPage({
      ...consent,
      client: claude,
      destination: { kind: "https", shown: "claude.ai", isForeign: false },
      scopes: todoScopes,
    }),
    "consent-remembered": consentPage({
      ...consent,
      client: { name: "Weekly reports", id: "reports", origin: "preregistered", holdsKey: true },
      destination: { kind: "https", shown: "reports.example.com", isForeign: false },
      scopes: todoScopes.map((scope) => ({ ...scope, isNew: scope.scope === "todo:write" })),
      willBeRemembered: true,
    }),
    "consent-organization": consentPage({
      ...consent,
      client: claude,
      destination: { kind: "https", shown: "claude.ai", isForeign: false },
      organization: { called: "Workspace", offered: [ORGANIZATIONS[0]], suggested: undefined },
      scopes: todoScopes,
    }),
    "consent-organizations": consentPage({
      ...consent,
      client: claude,
      destination: { kind: "https", shown: "claude.ai", isForeign: false },
      organization: { called: "Workspace", offered: ORGANIZATIONS, suggested: undefined },
      scopes: todoScopes.slice(0, 2),
    }),
    "consent-organizations-absurd": consentPage({
      ...consent,
      client: cursor,
      destination: { kind: "loopback", shown: "127.0.0.1:33418", isForeign: false },
      canBePasted: true,
      organization: {
        called: "w".repeat(40),
        offered: Array.from({ length: 200 }, (_, index) => ({
          id: `id-${index}`,
          name: index % 3 === 0 ? "unbreakable".repeat(18) : `Team ${index}`,
          description: "and a description that goes on ".repeat(index % 9),
          ...(index % 2 === 0 && { picture: PICTURE }),
        })),
        suggested: "id-150",
      },
      scopes: todoScopes,
    }),
    "no-organization": noOrganizationPage({
      look,
      called: "Workspace",
      personName: "Ada Lovelace",
      switchAction: "/oauth/login?switch=1",
      client: claude,
      correlationId: "01JD3M7Z8Q4V9T2K5R6X1Y0WBC",
    }),
    "consent-loopback": consentPage({
      ...consent,
      client: { name: "Visual Studio Code", id: "dcr_4QmS2VbT0h5s9kXw", ...SELF },
      destination: { kind: "loopback", shown: "127.0.0.1:33418", isForeign: false },
      scopes: todoScopes,
      canBePasted: true,
    }),
    "consent-private-use": consentPage({
      ...consent,
      client: { name: "Cursor", id: "dcr_qh8aZf0u1Rz2", ...SELF },
      destination: { kind: "private-use", shown: "cursor://anysphere.cursor-mcp", isForeign: false },
      scopes: todoScopes.slice(0, 1),
    }),
    "consent-absurd": consentPage({
      ...consent,
      look: lookOf({ name: `An application ${"with a very long name ".repeat(8)}` }),
      personName: `${"w".repeat(150)}@example.com`,
      client: {
        name: longName,
        id: `https://${"host-with-hyphens.".repeat(12)}example.com/${"a".repeat(300)}`,
        origin: "metadata_document",
        holdsKey: true,
      },
      destination: { kind: "https", shown: `${"sub-domain.".repeat(20)}example.com`, isForeign: true },
      scopes: Array.from({ length: 40 }, (_, index) => ({
        scope: `area${index}:${"x".repeat(index * 3)}`,
        description: `Do the thing number ${index} ${"unbreakable".repeat(index % 7)}`,
        tools: Array.from({ length: index % 9 }, (_, tool) => `tool_${tool}_${"y".repeat(tool * 6)}`),
        locked: index < 2,
        checked: true,
      })),
    }),
    "consent-right-to-left": consentPage({
      ...consent,
      personName: "עדה לאבלייס",
      client: { name: "מחשבון \u202Emoc.elgoog ‏(גרסה 2)", id: "dcr_rtl", ...SELF },
      destination: { kind: "https", shown: "xn--4dbcagdahymbxekheh6e0a7fei0b.example", isForeign: false },
      scopes: [
        { scope: "mcp", description: "להשתמש בכלים של השרת", tools: ["echo"], locked: true, checked: true },
      ],
    }),
    ...consentSamples(lookOf),
    ...mail.samples,
    ...appSamples(lookOf),
    "account-address": accountPage({ ...account, sections: [mail.addressSections.rest] }),
    "account-address-old-sign-in": accountPage({
      ...account,
      canChange: false,
      sections: [mail.addressSections.old],
    }),
    "account-address-refused": accountPage({
      ...account,
      sections: [mail.addressSections.refused],
      hasProblem: true,
    }),
    "account-address-codes": accountPage({
      ...account,
      sections: [mail.addressSections.codes],
      hasProblem: true,
    }),
    account: accountPage(account),
    "account-upstreams": accountPage({ ...account, sections: [], services: [upstreams.sections.all] }),
    "account-upstreams-old-sign-in": accountPage({
      ...account,
      canChange: false,
      sections: [],
      services: [upstreams.sections.old],
    }),
    "account-upstreams-refused": accountPage({
      ...account,
      sections: [],
      services: [upstreams.sections.refused],
      hasProblem: true,
    }),
    "account-upstreams-absurd": accountPage({
      ...account,
      sections: [],
      services: [upstreams.sections.absurd],
    }),
    ...upstreams.pages,
    "account-notice": accountPage({ ...account, notice: accountNotice("identity_linked", look) }),
    "account-question": accountPage({ ...account, question }),
    "account-question-absurd": accountPage({
      ...account,
      canChange: false,
      question: { ...question, method: longName, label: `${"w".repeat(150)}@example.com` },
      person: {
        id: "i".repeat(255),
        name: longName,
        emails: [`${"a".repeat(60)}@${"sub-domain.".repeat(9)}example`],
        groups: [],
      },
    }),
    "account-new": accountPage({
      ...account,
      person: { id: "kQ7c0x2VbTh5s9kXw3mZ1A", name: undefined, emails: [], groups: [] },
      sessions: account.sessions.slice(0, 1).map((session) => ({ ...session, address: undefined })),
      identities: account.identities
        .slice(0, 1)
        .map((identity) => ({ ...identity, usedAt: null, removal: "last_way_in" })),
      apps: NO_APPS,
      links: [],
      sections: [],
      signIns: [],
    }),
    "account-old-sign-in": accountPage({
      ...account,
      canChange: false,
      sections: [passwordSection(undefined, false)],
      notice: accountNotice("last_identity", look),
      identities: account.identities.slice(0, 1).map((identity) => ({ ...identity, removal: "last_way_in" })),
      sessions: account.sessions.slice(0, 1),
    }),
    "account-password-refused": accountPage({
      ...account,
      sections: [passwordSection(look.texts.account.password.incorrect)],
      hasProblem: true,
    }),
    "account-absurd": accountPage({
      ...account,
      look: lookOf({ name: `An application ${"with a very long name ".repeat(8)}` }),
      apps: ABSURD_APPS,
      person: {
        id: "i".repeat(255),
        name: `${"w".repeat(150)}@example.com`,
        emails: Array.from(
          { length: 40 },
          (_, index) => `${"a".repeat(index * 6)}@${"sub-domain.".repeat(9)}example`,
        ),
        groups: Array.from({ length: 200 }, (_, index) => `${"g".repeat(index)} \u202E‏קבוצה`),
      },
      sessions: [
        ...account.sessions,
        {
          id: "session-3",
          isThis: false,
          method: "m".repeat(90),
          browser: "Unknown browser",
          address: undefined,
          createdAt: 0,
          usedAt: 0,
        },
      ],
      moreSessions: 4321,
      identities: account.identities.map((identity) => ({ ...identity, label: longName, method: longName })),
      links: [{ name: "long", label: longName }],
    }),
    "account-refused": accountRefusedPage({
      look,
      title: look.texts.account.refused.nothingLinked,
      whatHappened: "This Google account belongs to another person here. Ask the operator to link them.",
      link: { text: look.texts.common.backToAccount, url: "/account" },
      correlationId: "01JD3M7Z8Q4V",
    }),
    "account-refused-confirm": accountRefusedPage({
      look,
      title: look.texts.account.refused.nothingChanged,
      whatHappened: look.texts.login.problems.someoneElse("w".repeat(80), "Ada Lovelace"),
      link: { text: look.texts.account.refused.signInWithAnother, url: "/oauth/login" },
      correlationId: "01JD3M7Z8Q4V9T2K5R6X1Y0WBC",
    }),
    "account-signed-out": signedOutPage({ look, accountUrl: "/account" }),
    "login-confirm": loginPage({
      look,
      action: "/oauth/login",
      state: "sealed",
      client: undefined,
      panels: [{ name: "google", label: "Google", url: "/oauth/google" }],
      purpose: { kind: "confirm", personName: "Ada Lovelace", accountUrl: "/account" },
    }),
    "login-link": loginPage({
      look,
      action: undefined,
      state: "sealed",
      client: undefined,
      panels: [{ name: "github", label: "GitHub", url: "/oauth/github" }],
      methodProblem: "The sign-in with GitHub was cancelled. Try again, or choose another way.",
      purpose: { kind: "link", personName: "Ada Lovelace", accountUrl: "/account" },
    }),
    "sign-in-again": signInAgainPage({
      look,
      personName: "Ada Lovelace",
      currentName: "Grace Hopper",
      loginUrl: "/oauth/login?state=sealed",
    }),
    "sign-in-again-absurd": signInAgainPage({
      look,
      personName: `${"w".repeat(150)}@example.com`,
      currentName: undefined,
      loginUrl: "/oauth/login?state=sealed",
    }),
    "not-admitted": notAdmittedPage({
      look,
      personName: "Ada Lovelace",
      label: "ada.lovelace@gmail.example",
      methodLabel: "Google",
      switchUrl: "/oauth/login?state=sealed&switch=1",
      contact: "it-help@example.com",
      correlationId: "01JD3M7Z8Q4V9T2K5R6X1Y0WBC",
    }),
    "not-admitted-absurd": notAdmittedPage({
      look: lookOf({ name: `An application ${"with a very long name ".repeat(8)}` }),
      personName: undefined,
      label: `${"w".repeat(150)}@example.com`,
      methodLabel: "The sign-in of Extraordinarily-Long-Organisation-Name GmbH & Co. KG",
      switchUrl: "/oauth/login?state=sealed&switch=1",
      contact: `https://${"help-desk.".repeat(15)}example.com/access`,
      correlationId: "0f8fad5b-d9cb-469f-a165-70867728950e",
    }),
    error: errorPage({
      look,
      title: look.texts.error.cannotContinue,
      whatHappened: "The redirect_uri is not one that this client registered.",
      whatToDo: "Remove the connection in your app, then add it again.",
      correlationId: "01JD3M7Z8Q4V9T2K5R6X1Y0WBC",
      status: 400,
    }),
    return: returnPage({
      look,
      client: cursor,
      url: "cursor://anysphere.cursor-mcp/oauth/callback?code=abc&state=x%26y&iss=https%3A%2F%2Fmy-app.example",
      outcome: "approved",
      opensItself: true,
    }),
    "return-waits": returnPage({
      look,
      client: { ...cursor, name: "My game" },
      url: "steam://run/440?code=abc&state=x",
      outcome: "approved",
      opensItself: false,
    }),
    "return-denied": returnPage({
      look,
      client: cursor,
      url: "cursor://anysphere.cursor-mcp/oauth/callback?error=access_denied&state=x",
      outcome: "denied",
      opensItself: false,
    }),
    "return-website": returnPage({
      look,
      client: evil,
      url: "https://claude-ai.evil.example/cb?error=access_denied&state=x",
      outcome: "denied",
      opensItself: false,
    }),
    "return-error": returnPage({
      look,
      client: evil,
      url: `https://${"sub-domain.".repeat(20)}evil.example/cb?error=invalid_request&state=x`,
      outcome: {
        error: "The parameter code_challenge is missing: this server requires PKCE.",
        correlationId: "0f8fad5b-d9cb-469f-a165-70867728950e",
      },
      opensItself: false,
    }),
    "consent-document-elsewhere": consentPage({
      ...consent,
      client: evil,
      destination: { kind: "https", shown: "claude-ai.example", isForeign: true },
      scopes: todoScopes,
    }),
    "consent-operator": consentPage({
      ...consent,
      client: { name: "Weekly reports", id: "reports", origin: "preregistered", holdsKey: true },
      destination: { kind: "https", shown: "reports.example.com", isForeign: false },
      scopes: todoScopes,
    }),
    done: alreadyApprovedPage({ look, client: claude }),
    status: statusPage({
      look,
      mcpUrl: "http://localhost:3000/mcp",
      publicUrl: undefined,
      account: undefined,
    }),
    "status-open": statusPage({
      publicUrl: "https://mcp.example.com/mcp/public",
      look: lookOf({ name: "To-do list & friends" }),
      mcpUrl: `https://${"mcp-server.".repeat(6)}example.com/app/mcp?team=a&x='y'`,
      account: { url: "/account", personName: "Ada Lovelace" },
    }).replaceAll("<details", "<details open"),
  };
}
