import { CLOCK_SKEW_SECONDS } from "../../../core/clock-skew.ts";
import { OAuthError } from "../../../core/errors.ts";
import { logRefusal } from "../../../http/boundary.ts";
import { readForm } from "../../../http/form.ts";
import type { Peer } from "../../../http/peer.ts";
import { refusePrefetch } from "../../../http/prefetch.ts";
import { seeOther, withCookies } from "../../../http/responses.ts";
import type { Route } from "../../../http/route.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Counters } from "../../../store/counters.ts";
import type { Store } from "../../../store/store.ts";
import type { Secrets } from "../../code-flow/transactions.ts";
import type { SignInMethod, SignIns, Visit, Visits } from "../method.ts";
import { type BrokenOffParts, noSignIn, recordBrokenOff, tryAgain } from "../upstream/broken-off.ts";
import { openVisit } from "../upstream/callback.ts";
import { BrokenOff } from "../upstream/provider.ts";
import type { SignInTransactions } from "../upstream/sign-in-transactions.ts";
import type { Answer, Answers } from "./answers.ts";
import { requestIdOf } from "./authn-request.ts";
import type { Company } from "./company.ts";
import type { IdentityProvider } from "./identity-provider.ts";
import { proofOf } from "./proof.ts";
import type { RelayStates } from "./relay-states.ts";
import { readResponse } from "./response.ts";
import type { ServiceProvider } from "./service-provider.ts";
import { signatureChecksOf } from "./signature-checks.ts";

export type SamlCallbackParts = BrokenOffParts & {
  readonly method: Pick<SignInMethod, "name" | "label" | "people">;
  readonly settings: Company;
  readonly here: ServiceProvider;
  readonly identityProvider: IdentityProvider;
  readonly visits: Visits;
  readonly signIns: SignIns;
  readonly transactions: Pick<SignInTransactions, "take">;
  readonly relayStates: Pick<RelayStates, "isOurs">;
  readonly answers: Answers;
  readonly counters: Counters;
  readonly store: Pick<Store, "useAssertion">;
  readonly clock: Clock;
};

/**
 * /oauth/callback/<name>. POST: the identity provider's form (SAML 2.0 Bindings §3.5). It comes from another site, so without our
 * cookies: it is checked, sealed, and taken to a GET. There the browser is checked, and the person signed in.
 */
export function samlCallbackRoute(path: `/${string}`, parts: SamlCallbackParts): Route {
  return {
    name: "saml_callback",
    paths: [path],
    methods: {
      GET: (request, peer) => finish(request, peer, parts),
      POST: (request, peer) => receive(request, peer, parts),
    },
    refusals: "page",
  };
}

/** A response with 150 groups has some 30 kilobytes, and is a third longer in a form. */
const MAXIMUM_BYTES = 96 * 1024;
const ANSWER = "answer";

async function receive(request: Request, peer: Peer, parts: SamlCallbackParts): Promise<Response> {
  const { clock, answers, here, relayStates } = parts;
  const askedAt = clock();
  const form = await readForm(request, NONE, MAXIMUM_BYTES);
  const relayState = form.get("RelayState") ?? "";
  // Whose browser it is for, only `take` knows; what is none of ours needs no work.
  if (!relayStates.isOurs(relayState))
    return noSignIn("the RelayState is of no sign-in that began here, or over time", [], peer, parts);
  const answer = await answerTo(form.get("SAMLResponse"), { relayState, askedAt }, peer, parts);
  const sealed =
    (await answers.seal(answer)) ??
    (await answers.seal(brokenOff(tooMuch(), { relayState, askedAt }, peer, parts)));
  return seeOther(`${here.acsUrl}?${new URLSearchParams({ [ANSWER]: sealed ?? "" })}`);
}

const NONE: ReadonlySet<string> = new Set();

function tooMuch(): BrokenOff {
  return new BrokenOff(
    "unusable_account",
    "the assertion says more of the person than a URL can carry: let the identity provider send fewer groups and attributes",
  );
}

async function answerTo(
  encoded: string | undefined,
  of: Pick<Answer, "relayState" | "askedAt">,
  peer: Peer,
  parts: SamlCallbackParts,
): Promise<Answer> {
  try {
    if (encoded === undefined) throw new BrokenOff("wrong_answer", "the form has no SAMLResponse");
    const verifySignature = signatureChecksOf(peer.address, parts);
    const asserted = await readResponse(encoded, { ...parts, verifySignature, now: parts.clock() });
    const proof = proofOf(asserted, parts.settings);
    return { ...of, kind: "proved", assertionId: asserted.id, inResponseTo: asserted.inResponseTo, proof };
  } catch (error) {
    if (error instanceof BrokenOff) return brokenOff(error, of, peer, parts);
    throw error;
  }
}

/** Logged here: one who sends made-up responses does not follow the redirect. */
function brokenOff(
  { problem, message }: BrokenOff,
  of: Pick<Answer, "relayState" | "askedAt">,
  peer: Peer,
  parts: SamlCallbackParts,
): Answer {
  recordBrokenOff(undefined, message, peer, parts);
  return { ...of, kind: "broken_off", problem, reference: peer.correlationId };
}

/** The sign-in of this browser first, then the visit that it is for: an answer that someone else began reaches nothing. */
async function finish(request: Request, peer: Peer, parts: SamlCallbackParts): Promise<Response> {
  const { answers, transactions, method, visits, signInPage } = parts;
  refusePrefetch(request);
  const sealed = new URL(request.url).searchParams.get(ANSWER) ?? "";
  const answer = await answers.open(sealed);
  if (!answer) return noSignIn("the answer is not sealed for this method, or over time", [], peer, parts);
  const { setCookies, ...taken } = await transactions.take(request, method.name, answer.relayState);
  if ("why" in taken) return noSignIn(taken.why, setCookies, peer, parts);
  const { transaction } = taken;
  const opened = await openVisit(request, transaction.visit, visits);
  if ("why" in opened) return noSignIn(opened.why, setCookies, peer, parts);
  const visit: Visit = { ...opened, wantsAnotherAccount: transaction.wantsAnotherAccount };
  const response =
    answer.kind === "proved"
      ? await complete(answer, visit, transaction, request, peer, parts)
      : signInPage.again(method, visit, answer.problem, answer.reference);
  return withCookies(response, setCookies);
}

async function complete(
  { assertionId, inResponseTo, proof, askedAt }: Answer & { readonly kind: "proved" },
  visit: Visit,
  transaction: Secrets,
  request: Request,
  peer: Peer,
  parts: SamlCallbackParts,
): Promise<Response> {
  const { signIns, signInPage, method, log, store, settings, clock } = parts;
  try {
    if (inResponseTo !== requestIdOf(transaction)) {
      throw new BrokenOff("wrong_answer", "the assertion answers another request than this sign-in's");
    }
    // After the browser: no one else can use up the assertion of its person.
    if (!(await store.useAssertion(`saml ${settings.entityId}`, assertionId, clock() + KEPT_MS))) {
      throw new BrokenOff("wrong_answer", "the assertion was used before");
    }
    return await signIns.complete({ method, visit, proof, askedAt }, request, peer);
  } catch (error) {
    if (error instanceof BrokenOff) return tryAgain(visit, error, peer, parts);
    if (!(error instanceof OAuthError) || error.status < 500) throw error;
    logRefusal(error, request, log, peer);
    return signInPage.again(method, visit, "server_down", peer.correlationId);
  }
}

/** As long as the sign-in that it answers can go on, for instances whose clocks are apart. */
const KEPT_MS = (10 * 60 + 2 * CLOCK_SKEW_SECONDS) * 1000;
