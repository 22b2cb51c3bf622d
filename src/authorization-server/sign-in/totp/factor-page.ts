import type { OAuthError } from "../../../core/errors.ts";
import type { Params } from "../../../core/params.ts";
import { readForm } from "../../../http/form.ts";
import type { Peer } from "../../../http/peer.ts";
import { htmlResponse, pageStatus, retryAfter, seeOther, withCookies } from "../../../http/responses.ts";
import { type Route, urlOf } from "../../../http/route.ts";
import { requireSameOrigin } from "../../../http/same-origin.ts";
import type { Look } from "../../../pages/look.ts";
import { PageError, sentenceOf } from "../../../pages/page-error.ts";
import { recoveryCodesPage, totpPage, totpSetupPage } from "../../../pages/totp.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import type { Credential } from "../../../store/credential.ts";
import type { PersonRecord } from "../../../store/people-records.ts";
import type { Store } from "../../../store/store.ts";
import type { PendingProof, PendingProofs, Whom } from "../second-factor.ts";
import type { Codes, TypedCode } from "./codes.ts";
import { newCodesOf } from "./new-codes.ts";
import type { Setups } from "./setups.ts";

/** Where the page is, below the issuer. */
export const FACTOR_PATH = "/oauth/totp";

export type FactorPageParts = {
  readonly codes: Codes;
  readonly setups: Setups;
  /** Whether this person must have an authenticator app. */
  readonly isRequired: (whom: Pick<Whom, "groups">) => boolean;
  readonly store: Pick<Store, "findByIdentity" | "findCredential">;
  readonly keyring: Pick<Keyring, "seal">;
  readonly clock: Clock;
  readonly issuer: string;
  readonly look: Look;
  /** Of the factor. */
  readonly name: string;
};

/** GET /oauth/totp: asks for a code, or shows how to set codes up where they are required. POST: checks the code and signs in. */
export function factorRoute(parts: FactorPageParts, pendingProofs: PendingProofs): Route {
  const look = async (request: Request, sealed: string | undefined): Promise<At> => {
    const pending = await pendingProofs.open(request, sealed);
    const record = await parts.store.findByIdentity(pending.proof.identity);
    const totp = record && (await parts.store.findCredential(record.person.id, "totp"));
    return { pending, record, totp };
  };
  return {
    name: "totp",
    paths: [FACTOR_PATH],
    methods: {
      async GET(request) {
        const at = await look(request, new URL(request.url).searchParams.get("state") ?? undefined);
        return show(at, parts);
      },
      async POST(request, peer) {
        requireSameOrigin(request, parts.issuer);
        const form = await readForm(request);
        const at = await look(request, form.get("state"));
        if (isSetUp(at) && form.get("setup") === undefined)
          return signInWithCode(at, form, request, peer, parts);
        return isSetUp(at) || !mustSetUp(at, parts) ? show(at, parts) : setUp(at, form, request, peer, parts);
      },
    },
    refusals: "page",
  };
}

/** Where a person is: what is proved of them, and what they have here. */
type At = {
  readonly pending: PendingProof;
  /** Undefined for a person who has no row yet. */
  readonly record: PersonRecord | undefined;
  /** Undefined where they have set nothing up. */
  readonly totp: Credential | undefined;
};

type IsSetUp = At & { readonly record: PersonRecord; readonly totp: Credential };

function isSetUp(at: At): at is IsSetUp {
  return at.totp !== undefined;
}

function mustSetUp({ pending, record }: At, { isRequired }: Pick<FactorPageParts, "isRequired">): boolean {
  return isRequired({ groups: [...pending.proof.groups, ...(record?.groups ?? [])] });
}

/** Writes nothing. */
async function show(at: At, parts: FactorPageParts): Promise<Response> {
  if (isSetUp(at)) return codePage(at, undefined, parts);
  if (mustSetUp(at, parts)) return setupPage(at, undefined, undefined, parts);
  // It was turned off meanwhile: the sign-in begins again, and finds that.
  return seeOther(at.pending.signInUrl);
}

async function signInWithCode(
  at: IsSetUp,
  form: Params,
  request: Request,
  peer: Peer,
  parts: FactorPageParts,
): Promise<Response> {
  const { pending, record, totp } = at;
  const by = { personId: record.person.id, clientId: pending.visit.client?.id };
  const typed = typedIn(form);
  if (typed === "both") return codePage(at, { kind: "code", error: BOTH }, parts);
  const checked = await parts.codes.check(typed, by, totp, peer);
  if ("refusal" in checked) return codePage(at, { kind: typed.kind, error: checked.refusal }, parts);
  const passed = { name: parts.name, personId: by.personId, uses: checked.uses };
  const answer = await pending.pass(passed, request, peer);
  if (answer) return answer;
  const error = await parts.codes.refuseUsed(typed, by, peer);
  return codePage(at, { kind: typed.kind, error }, parts);
}

/** Of both, a right one would hide that the other is wrong, and a recovery code would be used up for nothing. */
function typedIn(form: Params): TypedCode | "both" {
  const code = form.get("code") ?? "";
  const recoveryCode = form.get("recovery_code") ?? "";
  if (recoveryCode.trim() === "") return { kind: "code", text: code };
  return code.trim() === "" ? { kind: "recovery_code", text: recoveryCode } : "both";
}

async function setUp(
  at: At,
  form: Params,
  request: Request,
  peer: Peer,
  parts: FactorPageParts,
): Promise<Response> {
  const { pending, record } = at;
  const secret = await parts.setups.open(setupOf(pending), form.get("setup"));
  if (secret === undefined) return setupPage(at, EXPIRED, undefined, parts);
  const made = await newCodesOf(secret, form.get("code"), parts);
  if (!made) return setupPage(at, WRONG, secret, parts);
  const passed = { name: parts.name, personId: record?.person.id, adds: made.credentials };
  const answer = await pending.pass(passed, request, peer, ({ location, setCookies }) => {
    const page = recoveryCodesPage({ look: parts.look, codes: made.codes, continueUrl: location });
    return withCookies(htmlResponse(page, parts.look.styles), setCookies);
  });
  // Another sign-in has set codes up meanwhile: the page asks for one of those.
  return answer ?? seeOther(`${urlOf(parts.issuer, FACTOR_PATH)}?${stateOf(pending)}#top`);
}

function stateOf({ sealed }: PendingProof): URLSearchParams {
  return new URLSearchParams({ state: sealed });
}

/** A setup is good for the one sign-in in which it began. */
function setupOf({ id }: PendingProof): string {
  return `sign-in ${id}`;
}

const BOTH = new PageError("invalid_request", ({ totp }) => totp.problems.typedBoth);
const EXPIRED = new PageError("invalid_request", ({ totp }) => totp.setup.expired);
const WRONG = new PageError("invalid_request", ({ totp }) => totp.setup.incorrect);

type Problem = { readonly kind: TypedCode["kind"]; readonly error: OAuthError };

function codePage(
  { pending }: At,
  problem: Problem | undefined,
  { issuer, look }: FactorPageParts,
): Response {
  const page = totpPage({
    look,
    action: urlOf(issuer, FACTOR_PATH),
    state: pending.sealed,
    client: pending.visit.client,
    label: pending.proof.label,
    signInUrl: pending.signInUrl,
    problem: problem && { field: problem.kind, message: sentenceOf(problem.error, look) },
  });
  return answerWith(page, look, problem?.error);
}

/** @param secret where the person has scanned it already */
async function setupPage(
  { pending }: At,
  error: OAuthError | undefined,
  secret: string | undefined,
  { setups, issuer, look }: FactorPageParts,
): Promise<Response> {
  const { label } = pending.proof;
  const of = setupOf(pending);
  const setup = secret === undefined ? await setups.begin(of, label) : await setups.again(of, label, secret);
  const page = totpSetupPage({
    look,
    action: urlOf(issuer, FACTOR_PATH),
    state: pending.sealed,
    client: pending.visit.client,
    label,
    signInUrl: pending.signInUrl,
    setup,
    problem: error && sentenceOf(error, look),
  });
  return answerWith(page, look, error);
}

function answerWith(page: string, look: Look, error: OAuthError | undefined): Response {
  return error === undefined
    ? htmlResponse(page, look.styles)
    : htmlResponse(page, look.styles, pageStatus(error), retryAfter(error));
}
