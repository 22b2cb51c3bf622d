import { type DomainEntry, matchesDomain, readAddress } from "../../core/email-address.ts";
import { htmlResponse, seeOther, TEMPLATE_STYLES, withScripts } from "../../http/responses.ts";
import { urlOf } from "../../http/route.ts";
import { companyField } from "../../pages/company-field.ts";
import type { Html } from "../../pages/html.ts";
import { loginPage } from "../../pages/login.ts";
import { renderLoginTemplate } from "../../pages/login-template.ts";
import type { Look } from "../../pages/look.ts";
import { type MethodLink, type MethodPanel, methodsOf } from "../../pages/sign-in-methods.ts";
import { forAnotherAccount } from "./another-account.ts";
import { LOGIN_PATH } from "./login-path.ts";
import type { NamedMethod, OpenMethod, SignInPage, Visit } from "./method.ts";
import { SIGN_IN_PROBLEMS, type SignInProblem } from "./sign-in-problems.ts";

export type { NamedMethod };

/** What was typed before, where the page is shown again. */
export type Typed = {
  readonly username: string;
  /** What was wrong with it. */
  readonly errorMessage?: string | undefined;
  /** Why another way to sign in did not end well. */
  readonly methodProblem?: string | undefined;
  /** The address that was to pick a company. */
  readonly address?: string;
  /** Whether it picked none. */
  readonly isUnknownAddress?: boolean;
};

export type PageParts = {
  readonly methods: readonly NamedMethod[];
  readonly issuer: string;
  readonly look: Look;
  /** Where a person asks for a new password; undefined where they cannot. */
  readonly forgottenPasswordUrl?: ((visit: Visit) => string) | undefined;
  /** The operator's own HTML. */
  readonly loginTemplate: string | undefined;
};

/** Where an address picks a company, below the issuer. */
export const COMPANY_PATH = "/oauth/company";

type Company = NamedMethod & { readonly panel: CompanyPanel };
type CompanyPanel = Extract<OpenMethod["panel"], { readonly kind: "button" }> & {
  readonly domains: readonly DomainEntry[];
};

/** The methods among which an address picks; none where there is nothing to pick from. */
export function companiesOf(methods: readonly NamedMethod[]): readonly Company[] {
  const companies = methods.filter((method): method is Company => hasDomains(method.panel));
  return companies.length > 1 ? companies : [];
}

/** The one whose addresses this is one of; undefined where there is none, or nothing to pick from. */
export function companyOf(typed: unknown, methods: readonly NamedMethod[]): Company | undefined {
  const address = typeof typed === "string" ? readAddress(typed) : undefined;
  if (!address) return undefined;
  return companiesOf(methods).find(({ panel }) =>
    panel.domains.some((domain) => matchesDomain(domain, address)),
  );
}

function hasDomains(panel: OpenMethod["panel"]): boolean {
  return panel.kind === "button" && panel.domains !== undefined && panel.domains.length > 0;
}

/** Leads back to the page, which has a sentence for each problem. */
export function signInPageOf(issuer: string): SignInPage {
  return {
    again({ name }, { sealed, wantsAnotherAccount }, problem, reference) {
      const query = new URLSearchParams({
        state: sealed,
        method: name,
        problem,
        ...(reference !== undefined && { reference }),
      });
      const url = `${urlOf(issuer, LOGIN_PATH)}?${query}#top`;
      return seeOther(wantsAnotherAccount || OF_THE_ACCOUNT.has(problem) ? forAnotherAccount(url) : url);
    },
  };
}

/** The same account would not do the next time either. */
const OF_THE_ACCOUNT: ReadonlySet<SignInProblem> = new Set(["other_organization", "unusable_account"]);

/** The page, or the only method's redirect. */
export function beginSignIn(visit: Visit, request: Request, parts: PageParts): Response {
  const methods = methodsFor(visit, parts.methods);
  const { searchParams } = new URL(request.url);
  const problem = SIGN_IN_PROBLEMS.find((one) => one === searchParams.get("problem"));
  const method = methods.find(({ name }) => name === searchParams.get("method"));
  if (problem && method) {
    const methodProblem = [
      parts.look.texts.login.ofMethod[problem](method.label),
      ...referenceIn(searchParams, parts.look),
    ].join(" ");
    const isOutage = OUTAGES.has(problem);
    const headers = isOutage ? { "Retry-After": String(RETRY_SECONDS) } : undefined;
    return showSignIn(visit, { username: "", methodProblem }, parts, isOutage ? 503 : undefined, headers);
  }
  const [only] = methods;
  if (methods.length === 1 && only?.panel.kind === "button" && !visit.wantsAnotherAccount) {
    return seeOther(only.panel.url(visit));
  }
  return showSignIn(visit, { username: visit.loginHint ?? "" }, parts);
}

/** For monitors, and programs that follow the redirects: the page is no success. */
const OUTAGES: ReadonlySet<SignInProblem> = new Set(["no_answer", "server_down"]);
const RETRY_SECONDS = 60;

/** Anyone can write the URL: only what looks like one of ours is shown. */
function referenceIn(query: URLSearchParams, { texts }: Look): readonly string[] {
  const reference = query.get("reference") ?? "";
  return /^[\w-]{12}$/.test(reference) ? [texts.login.referenceId(reference)] : [];
}

/** The links to where the others are, for this visit. */
export function linksOf(visit: Visit, methods: readonly NamedMethod[]): readonly MethodLink[] {
  return methodsFor(visit, methods).flatMap(({ name, label, panel }) =>
    panel.kind === "button" ? [{ name, label, url: panel.url(visit) }] : [],
  );
}

export function showSignIn(
  visit: Visit,
  typed: Typed,
  { methods: all, issuer, look, loginTemplate, forgottenPasswordUrl }: PageParts,
  status?: number,
  headers?: Readonly<Record<string, string>>,
): Response {
  const methods = methodsFor(visit, all);
  const { username, errorMessage, methodProblem = problemOf(typed, look) } = typed;
  const at = methods.findIndex(({ panel }) => panel.kind === "password");
  const panels = panelsOf(visit, typed, methods, { issuer, look });
  const ownForms = methods.flatMap(({ panel }) => (panel.kind === "form" ? [panel] : []));
  const scripts = ownForms.flatMap(({ scriptHashes = [] }) => scriptHashes);
  const values = { state: visit.sealed, username };
  // A template is a form for a username and a password, which links nothing.
  if (loginTemplate !== undefined && visit.purpose?.kind !== "link") {
    const page = renderLoginTemplate(loginTemplate, {
      ...values,
      appName: look.name,
      errorMessage: errorMessage ?? methodProblem ?? "",
      methods: methodsOf(panels.flat(), look),
    });
    return htmlResponse(page, withScripts(TEMPLATE_STYLES, scripts), status, headers);
  }
  const page = loginPage({
    ...values,
    look,
    errorMessage,
    methodProblem,
    action: methods.some(({ panel }) => panel.kind === "password") ? urlOf(issuer, LOGIN_PATH) : undefined,
    forgottenPasswordUrl: forgottenPasswordUrl?.(visit),
    autocomplete: ownForms.flatMap(({ autocomplete = [] }) => autocomplete),
    above: panels.slice(0, Math.max(at, 0)).flat(),
    panels: panels.slice(at + 1).flat(),
    client: visit.client,
    purpose: visit.purpose,
  });
  return htmlResponse(page, withScripts(look.styles, scripts), status, headers);
}

/** What each method has on the page, in their order. The field for companies is where the first of them is. */
function panelsOf(
  visit: Visit,
  typed: Typed,
  methods: readonly NamedMethod[],
  parts: Pick<PageParts, "issuer" | "look">,
): readonly (readonly MethodPanel[])[] {
  const companies: readonly NamedMethod[] = companiesOf(methods);
  return methods.map((method) => {
    const { name, panel } = method;
    if (panel.kind === "form") return [{ name, html: panel.html(visit, methods.length === 1) }];
    if (!companies.includes(method)) return linksOf(visit, [method]);
    if (method !== companies[0]) return [];
    return [{ name: "company", html: fieldOf(visit, typed, companies.length === methods.length, parts) }];
  });
}

function fieldOf(
  { sealed, loginHint = "" }: Visit,
  typed: Typed,
  isOnly: boolean,
  { issuer, look }: Pick<PageParts, "issuer" | "look">,
): Html {
  const { address = loginHint, isUnknownAddress = false } = typed;
  return companyField({
    look,
    action: urlOf(issuer, COMPANY_PATH),
    state: sealed,
    address,
    isUnknown: isUnknownAddress,
    isOnly,
  });
}

function problemOf({ isUnknownAddress }: Typed, { texts }: Look): string | undefined {
  return isUnknownAddress ? texts.login.problems.unknownCompany : undefined;
}

function methodsFor({ purpose }: Visit, methods: readonly NamedMethod[]): readonly NamedMethod[] {
  return purpose?.kind === "link" ? methods.filter(({ name }) => name === purpose.method) : methods;
}
