import type { OAuthError } from "../../core/errors.ts";
import type { Peer } from "../../http/peer.ts";
import { htmlResponse, pageStatus, seeOther } from "../../http/responses.ts";
import { accountRefusedPage } from "../../pages/account/refused.ts";
import type { Look } from "../../pages/look.ts";
import { PageError, sentenceOf } from "../../pages/page-error.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Store } from "../../store/store.ts";
import type { CheckActive } from "../people/active.ts";
import type { CurrentSignIn } from "../people/browser-binding.ts";
import type { Recorder } from "../recorder.ts";
import type { ProposedLink } from "../sign-in/goals.ts";
import { belongsToAnother, disabled, noLongerSignedIn } from "../sign-in/link-identity.ts";
import type { NamedMethod } from "../sign-in/sign-in-page.ts";
import { OPEN_AGAIN } from "./account-visits.ts";
import type { PageToken, PageTokens } from "./page-tokens.ts";

export type ConfirmLinkParts = {
  readonly store: Pick<Store, "findByIdentity" | "addIdentity">;
  readonly methods: readonly NamedMethod[];
  readonly checkActive: CheckActive;
  readonly pageTokens: Pick<PageTokens, "urlFor">;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly look: Look;
  /** Told of the person: a token of the provider is about them from now on. */
  readonly onPersonChanged: (personId: string) => void;
};

type Confirmed = { readonly current: CurrentSignIn; readonly token: PageToken; readonly peer: Peer };

/**
 * Adds the identity that the page asked about to the person who is signed in. Their profile, addresses and groups stay as the last
 * sign-in said them: only a sign-in writes those (decision 0038).
 *
 * What may have changed since the provider proved it is checked again. `admit` is not: it needs the claims of the proof, which are
 * not kept. It said yes at most ten minutes ago, and it is asked again at each sign-in: a link lets no one in by itself.
 */
export async function confirmLink(confirmed: Confirmed, parts: ConfirmLinkParts): Promise<Response> {
  const { current, token, peer } = confirmed;
  const { pageTokens, methods, recorder, look } = parts;
  const { proposed } = token;
  const method = proposed && methods.find(({ name }) => name === proposed.method);
  // The operator may have taken a method away since, or changed its provider.
  if (!proposed || !method?.proves(proposed.identity)) {
    throw new PageError("invalid_request", ({ account }) => account.problems.nothingToLink, {
      advises: OPEN_AGAIN,
    });
  }
  const refused = await add(proposed, confirmed, parts);
  if (!refused) return seeOther(await pageTokens.urlFor(current, "identity_linked"));
  const fields = {
    person: current.person.id,
    method: proposed.method,
    reason: `not linked: ${refused.reason}`,
  };
  await recorder.record("sign_in.refused", fields, peer);
  const page = accountRefusedPage({
    look,
    title: look.texts.account.refused.nothingLinked,
    whatHappened: sentenceOf(refused.error, look),
    link: { text: look.texts.common.backToAccount, url: await pageTokens.urlFor(current) },
    correlationId: peer.correlationId,
  });
  return htmlResponse(page, look.styles, pageStatus(refused.error));
}

type NotAdded = { readonly reason: string; readonly error: OAuthError };

/** Undefined once it is linked, also where it was before. */
async function add(
  { identity, label, method, methodLabel }: ProposedLink,
  { current: { person, signIn: session }, peer }: Confirmed,
  { store, checkActive, recorder, clock, onPersonChanged }: ConfirmLinkParts,
): Promise<NotAdded | undefined> {
  if (!(await checkActive(person))) return { reason: "not active", error: disabled() };
  const { entry, log } = recorder.prepare("identity.linked", { person: person.id, method }, peer);
  // On the condition that it is free: so the store says first whether it is, and then whose it is.
  const added = { ...identity, personId: person.id, label, session, now: clock() };
  if (await store.addIdentity(added, entry)) {
    log();
    onPersonChanged(person.id);
    return undefined;
  }
  const owner = await store.findByIdentity(identity);
  if (owner?.person.id === person.id) return undefined;
  return owner
    ? { reason: "it belongs to another person", error: belongsToAnother(methodLabel) }
    : { reason: "the session that began it is over", error: noLongerSignedIn() };
}
